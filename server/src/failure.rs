//! The failure of a server. If a thread panics, the edge closes all connections, and waiting
//! callers are woken, so that a server with a dead thread does not look alive.

use std::{
    any::Any,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Wake, Waker},
    thread::{self, JoinHandle, Thread},
};

use parlour_shared::text::panic_message;
use tokio::sync::watch;

use crate::bridge::wake::WakeSender;

/// The names of the threads that step the worlds start with this, and end with their number.
pub(crate) const TICK: &str = "tick-";

/// The reason why a server failed: its first thread that failed.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerFailure {
    /// A thread panicked. A panic of game logic in a tick does not fail the server: it ends or
    /// restarts only its world.
    #[error("thread {thread} panicked: {message}")]
    Panicked {
        /// The name of the thread, such as `tick-0`, `io-0`, `desk`, `admin` or `playback`.
        thread: String,
        /// The message of the panic.
        message: String,
    },
    /// A thread returned an error.
    #[error("thread {thread} failed: {error}")]
    Failed {
        /// The name of the thread.
        thread: String,
        /// The error.
        error: String,
    },
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for ServerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ServerFailure {
    /// Returns the failure of a thread that panicked.
    pub(crate) fn panicked(thread: impl Into<String>, panic: &(dyn Any + Send)) -> Self {
        Self::Panicked {
            thread: thread.into(),
            message: panic_message(panic),
        }
    }

    /// Returns the failure of a thread that returned an error.
    pub(crate) fn failed(thread: impl Into<String>, error: impl fmt::Display) -> Self {
        Self::Failed {
            thread: thread.into(),
            error: error.to_string(),
        }
    }

    /// Returns the text for clients. It has no details: the panic message is only for the log.
    pub(crate) fn for_clients(&self) -> &'static str {
        match self {
            Self::Panicked { thread, .. } | Self::Failed { thread, .. } if thread.starts_with(TICK) => {
                "the world stopped"
            }
            _ => "the server failed",
        }
    }
}

/// The first failure of any thread.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    first: OnceLock<ServerFailure>,
    /// The senders that wake the I/O threads.
    wakes: OnceLock<Vec<Arc<WakeSender>>>,
    /// Whether the server failed or was stopped.
    over: watch::Sender<bool>,
}

impl Failure {
    /// Returns the failure, if there is one.
    pub(crate) fn get(&self) -> Option<&ServerFailure> {
        self.first.get()
    }

    /// Sets the senders that wake the I/O threads, which then close their connections.
    pub(crate) fn wakes(&self, wakes: Vec<Arc<WakeSender>>) {
        let _ = self.wakes.set(wakes);
    }

    /// Notes and logs a failure. Only the first is kept.
    pub(crate) fn set(&self, failure: ServerFailure) {
        tracing::error!(reason = %failure, "server failed");
        if self.first.set(failure).is_ok() {
            for wake in self.wakes.get().into_iter().flatten() {
                wake.wake();
            }
            self.over.send_replace(true);
        }
    }

    /// Notes that the server was stopped, which wakes all waiting callers.
    pub(crate) fn stopped(&self) {
        self.over.send_replace(true);
    }

    /// Waits until the server has failed or is stopped.
    pub(crate) async fn over(&self) -> Result<(), ServerFailure> {
        // An error would mean that the sender was dropped, but `self` has it.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
        self.get().cloned().map_or(Ok(()), Err)
    }

    /// Like [`Self::over`], for a thread that may block. It needs no async runtime, and also works
    /// inside one.
    pub(crate) fn wait(&self) -> Result<(), ServerFailure> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut over = pin!(self.over());
        loop {
            match over.as_mut().poll(&mut context) {
                Poll::Ready(over) => return over,
                Poll::Pending => thread::park(),
            }
        }
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
            // Unwind safety: the panic drops everything that the closure owned, and only atomics
            // and counters are shared with other threads.
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
                failure.set(ServerFailure::panicked(title, &*panic));
                T::default()
            })
        })
    }

    /// Like [`Self::spawn`], but an error that the thread returns is also a failure of the server.
    pub(crate) fn try_spawn<T: Default + Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        run: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        let failure = Arc::clone(self);
        let title = name.to_owned();
        self.spawn(name, move || {
            run().unwrap_or_else(|error| {
                failure.set(ServerFailure::failed(title, error));
                T::default()
            })
        })
    }
}

/// A waker that unparks a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_reported_and_the_first_one_is_kept() {
        let failure = Arc::new(Failure::default());
        let number = failure.spawn("good", || 7).unwrap().join().unwrap();
        assert_eq!((number, failure.get()), (7, None));
        let number: i32 = failure
            .spawn("bad", || panic!("oh {}", 1))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(number, 0);
        failure.set(ServerFailure::failed("worse", "later"));
        assert_eq!(failure.get().unwrap().to_string(), "thread bad panicked: oh 1");
    }

    #[test]
    fn clients_are_sent_whether_the_world_stopped_but_no_panic_message() {
        let panicked = |thread| ServerFailure::panicked(thread, &"secret").for_clients();
        assert_eq!(panicked("tick-0"), "the world stopped");
        assert_eq!(panicked("io-0"), "the server failed");
        assert_eq!(
            ServerFailure::failed("admin", "secret").for_clients(),
            "the server failed"
        );
    }
}
