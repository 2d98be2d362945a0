//! Keeps the panic hook off the tick threads.
//!
//! The hook of the standard library writes to standard error, which may block. With
//! `RUST_BACKTRACE` it also looks up the lines of a backtrace, which takes tens of milliseconds.
//! The other worlds of the thread would be late. So a panic of a world is only reported to the
//! desk, which logs it. To see a backtrace, replay the history that was written.
//!
//! The second panic of one step may be in a destructor that runs because of the first. The process
//! aborts then, and nothing else says why. So the hook of the program is called for it.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook},
    sync::Once,
};

use parlour_shared::text::panic_message;

thread_local! {
    /// Whether this thread steps a world.
    static STEPS: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of this step was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Extends the panic hook of the program, which is still called for all other panics.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let hook = take_hook();
        set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
            let is_first = STEPS.get() && PLACE.with_borrow(Option::is_none);
            if STEPS.get() {
                PLACE.set(panic.location().map(ToString::to_string));
            }
            if !is_first {
                hook(panic);
            }
        }));
    });
}

/// Builds or steps a world. Returns the message of a panic, and its place in the code.
///
/// Unwind safety: the caller must not use again what `step` has changed before a panic.
pub(crate) fn step_caught<T>(step: impl FnOnce() -> T) -> Result<T, String> {
    // Logic may have caught a panic itself in an earlier step.
    PLACE.set(None);
    STEPS.set(true);
    let stepped = catch_unwind(AssertUnwindSafe(step));
    STEPS.set(false);
    stepped.map_err(|panic| {
        let message = panic_message(&*panic);
        // A payload may panic when it is dropped.
        std::mem::forget(panic);
        match PLACE.take() {
            Some(place) => format!("{message} ({place})"),
            None => message,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_of_the_program_is_not_called_for_a_panic_of_a_world() {
        thread_local! {
            static CALLED: Cell<u32> = const { Cell::new(0) };
        }
        set_hook(Box::new(|_| CALLED.set(CALLED.get() + 1)));
        install();
        assert_eq!(step_caught(|| 7), Ok(7));
        let why = step_caught(|| -> u32 { panic!("a fault") }).unwrap_err();
        let place = why.strip_prefix("a fault (").unwrap();
        assert!(place.contains("panic_hook.rs:"), "{why}");
        assert_eq!(CALLED.get(), 0);
        catch_unwind(|| panic!("not in a step")).unwrap_err();
        assert_eq!(CALLED.get(), 1);

        // If the destructor did not catch it, the process would abort here.
        struct Fragile;
        impl Drop for Fragile {
            fn drop(&mut self) {
                catch_unwind(|| panic!("a second fault")).unwrap_err();
            }
        }
        let why = step_caught(|| -> u32 {
            let _fragile = Fragile;
            panic!("a fault")
        });
        assert!(why.unwrap_err().starts_with("a fault ("));
        assert_eq!(CALLED.get(), 2, "for the second panic of the step");
        step_caught(|| catch_unwind(|| panic!("caught by the logic")).unwrap_err()).unwrap();
        step_caught(|| -> u32 { panic!("a fault") }).unwrap_err();
        assert_eq!(CALLED.get(), 2, "each is the first of its step");
    }
}
