//! Which system ended a step with a panic.
//!
//! Bevy catches the panic of a system, and passes the name of the system to a function without any
//! context. So the function leaves the name on its thread, and the step takes it from there. A step
//! without a panic costs nothing but an empty value that it sets.

use std::cell::RefCell;

use bevy_ecs::error::{BevyError, ErrorContext, Severity};

thread_local! {
    /// The first system that failed in the present step of this thread.
    static FAILED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Forgets the name that an earlier step has left. Game logic may catch a panic itself.
pub(crate) fn begin() {
    FAILED.set(None);
}

/// Returns the name of the system that panicked since [`begin`].
pub(crate) fn take() -> Option<String> {
    FAILED.take()
}

/// Notes the name of a system that fails, if that is a panic. A system that runs others fails after
/// the one that caused it, so the first name counts.
pub(crate) fn note(error: &BevyError, context: &ErrorContext) {
    let (ErrorContext::System { name, .. } | ErrorContext::RunCondition { name, .. }) = context else {
        // The system that sent the command, or triggered the observer, fails next.
        return;
    };
    if error.severity() == Severity::Panic {
        FAILED.with_borrow_mut(|failed| {
            failed.get_or_insert_with(|| name.to_string());
        });
    }
}
