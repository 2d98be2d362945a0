//! Requests to restart a world, on their way from the admin port to the desk.

use std::{
    fmt,
    sync::{Mutex, OnceLock},
};

use super::locked;
use crate::bridge::wake::WakeSender;

/// The maximum number of requests that wait for the desk, which takes them as soon as it is woken.
const MAX_WAITING: usize = 16;

/// Called with the answer, on the thread of the desk. It must not block.
pub(crate) type RestartAnswer = Box<dyn FnOnce(Result<(), RestartError>) + Send>;

/// A request to rebuild a world from its last saved state and the inputs since. If that is not
/// possible, the world ends.
pub(crate) struct RestartRequest {
    /// The name of the world.
    pub(crate) world: String,
    answer: RestartAnswer,
}

/// The reason why a world is not restarted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RestartError {
    /// No world has this name.
    #[error("there is no world with this name")]
    NoSuchWorld,
    /// The world cannot be restarted in its present state.
    #[error("the world is {0}")]
    NotNow(&'static str),
    /// Too many requests wait.
    #[error("{MAX_WAITING} requests are waiting already")]
    TooMany,
}

/// The requests that wait for the desk.
#[derive(Default)]
pub(super) struct RestartQueue {
    waiting: Mutex<Vec<RestartRequest>>,
    wake: OnceLock<WakeSender>,
}

impl RestartQueue {
    /// Sets how the desk is woken. Only the first call counts.
    pub(super) fn wakes(&self, wake: WakeSender) {
        let _ = self.wake.set(wake);
    }

    pub(super) fn add(&self, world: &str, answer: RestartAnswer) -> Result<(), RestartError> {
        let mut waiting = locked(&self.waiting);
        if waiting.len() >= MAX_WAITING {
            return Err(RestartError::TooMany);
        }
        waiting.push(RestartRequest {
            world: world.to_owned(),
            answer,
        });
        drop(waiting);
        if let Some(wake) = self.wake.get() {
            wake.wake();
        }
        Ok(())
    }

    pub(super) fn take(&self) -> Vec<RestartRequest> {
        std::mem::take(&mut *locked(&self.waiting))
    }
}

impl RestartRequest {
    /// Answers the request: the restart has begun, or why it has not.
    pub(crate) fn answer(self, result: Result<(), RestartError>) {
        (self.answer)(result);
    }
}

impl fmt::Debug for RestartRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("RestartRequest");
        debug.field("world", &self.world).finish_non_exhaustive()
    }
}
