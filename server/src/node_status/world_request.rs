//! Requests to restart or move a world, on their way from the admin port to the desk.

use std::{
    fmt,
    sync::{Mutex, OnceLock},
};

use super::locked;
use crate::bridge::wake::WakeSender;

/// The maximum number of requests that wait for the desk, which takes them as soon as it is woken.
const MAX_WAITING: usize = 16;

/// Called with the answer, on the thread of the desk. It must not block.
pub(crate) type WorldAnswer = Box<dyn FnOnce(Result<(), WorldRequestError>) + Send>;

/// What is requested of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldOrder {
    /// To rebuild it from its last saved state and the inputs since. If that is not possible, the
    /// world ends.
    Restart,
    /// To move it to this tick thread.
    Move { thread: usize },
}

/// A request of the admin port.
pub(crate) struct WorldRequest {
    /// The name of the world.
    pub(crate) world: String,
    pub(crate) order: WorldOrder,
    answer: WorldAnswer,
}

/// The reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorldRequestError {
    /// No world has this name.
    #[error("there is no world with this name")]
    NoSuchWorld,
    /// The node has no tick thread with this number.
    #[error("there is no tick thread with this number; they are 0 to {}", .threads.saturating_sub(1))]
    NoSuchThread {
        /// The number of tick threads.
        threads: usize,
    },
    /// Many rooms share the world, so it stays on its tick thread.
    #[error("many rooms share the world, and each tick thread keeps one; only own worlds can be moved")]
    Shared,
    /// Not possible in the present state of the world.
    #[error("the world is {0}")]
    NotNow(&'static str),
    /// The server stops.
    #[error("the server is stopping")]
    Stopping,
    /// Too many requests wait.
    #[error("{MAX_WAITING} requests are waiting already")]
    TooMany,
}

/// The requests that wait for the desk.
#[derive(Default)]
pub(super) struct WorldRequests {
    waiting: Mutex<Vec<WorldRequest>>,
    wake: OnceLock<WakeSender>,
}

impl WorldRequests {
    /// Sets how the desk is woken. Only the first call counts.
    pub(super) fn wakes(&self, wake: WakeSender) {
        let _ = self.wake.set(wake);
    }

    pub(super) fn add(
        &self,
        world: &str,
        order: WorldOrder,
        answer: WorldAnswer,
    ) -> Result<(), WorldRequestError> {
        let mut waiting = locked(&self.waiting);
        if waiting.len() >= MAX_WAITING {
            return Err(WorldRequestError::TooMany);
        }
        waiting.push(WorldRequest {
            world: world.to_owned(),
            order,
            answer,
        });
        drop(waiting);
        if let Some(wake) = self.wake.get() {
            wake.wake();
        }
        Ok(())
    }

    pub(super) fn take(&self) -> Vec<WorldRequest> {
        std::mem::take(&mut *locked(&self.waiting))
    }
}

impl WorldRequest {
    /// Answers the request: it is being obeyed, or why it is not.
    pub(crate) fn answer(self, result: Result<(), WorldRequestError>) {
        (self.answer)(result);
    }
}

impl fmt::Debug for WorldRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("WorldRequest");
        let debug = debug.field("world", &self.world).field("order", &self.order);
        debug.finish_non_exhaustive()
    }
}
