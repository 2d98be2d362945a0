//! A thread that panics must not leave a server that looks alive.

use std::{
    any::Any,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
    thread::{self, JoinHandle},
};

/// The first failure of any thread.
#[derive(Debug, Default)]
pub(crate) struct Failure(OnceLock<String>);

impl Failure {
    /// What failed, if something did.
    pub(crate) fn reason(&self) -> Option<String> {
        self.0.get().cloned()
    }

    /// Something failed; only the first is kept.
    pub(crate) fn set(&self, reason: String) {
        tracing::error!(reason, "server failed");
        let _ = self.0.set(reason);
    }

    /// Starts a thread whose panic is a failure of the server.
    pub(crate) fn spawn<T: Default + Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let failure = Arc::clone(self);
        let title = name.to_owned();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            // What the closure owned is gone after a panic; only atomics and counters outlive it.
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
                failure.set(format!("thread {title} panicked: {}", message(&*panic)));
                T::default()
            })
        })
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_the_first_stays() {
        let failure = Arc::new(Failure::default());
        let number = failure.spawn("good", || 7).unwrap().join().unwrap();
        assert_eq!((number, failure.reason()), (7, None));
        let number: i32 = failure
            .spawn("bad", || panic!("oh {}", 1))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(number, 0);
        failure.set("later".into());
        assert_eq!(failure.reason().unwrap(), "thread bad panicked: oh 1");
    }
}
