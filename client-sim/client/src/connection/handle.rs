//! Handles: commands from other tasks or threads, while one task waits for events.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures_util::task::AtomicWaker;
use parlour_shared::{limits::MAX_CLIENT_MESSAGE, message::MoveHeading, motion::Direction};
use tokio::sync::mpsc::{self, error::TrySendError as QueueError};

use super::error::{SendError, TrySendError};
use crate::command::Command;

/// The maximum number of commands in the queue that all handles of a connection share.
pub const COMMAND_QUEUE: usize = 64;

/// Sends commands over a connection from another task or thread. Cheap to clone; all clones share
/// one queue.
///
/// A handle does not keep its connection open. Its commands are sent only while a task waits for
/// the connection's events.
#[derive(Clone, Debug)]
pub struct Handle {
    queue: mpsc::Sender<Command>,
    steering: Arc<Steering>,
}

impl Handle {
    /// Puts a command into the queue, and waits for a free place if it is full. If this future is
    /// dropped before it completes, the command is not sent.
    ///
    /// Do not await this in the task that reads the events: only that task empties the queue, so a
    /// full queue would block it forever. Use [`Connection::send`](crate::Connection::send) there.
    ///
    /// # Errors
    /// [`SendError`]. `Ok` means that the command will be sent unless the connection ends first;
    /// answers arrive as events.
    pub async fn send(&self, command: Command) -> Result<(), SendError> {
        check_length(&command)?;
        self.queue
            .send(command)
            .await
            .map_err(|_| SendError::Disconnected)
    }

    /// Puts a command into the queue if it has a free place. For threads that must not wait.
    ///
    /// # Errors
    /// [`TrySendError::Full`], and the errors of [`Self::send`].
    pub fn try_send(&self, command: Command) -> Result<(), TrySendError> {
        check_length(&command)?;
        self.queue.try_send(command).map_err(|error| match error {
            QueueError::Full(_) => TrySendError::Full,
            QueueError::Closed(_) => SendError::Disconnected.into(),
        })
    }

    /// Sets the heading of the player, like [`Connection::steer`](crate::Connection::steer). Never
    /// waits, because only the last heading counts.
    pub fn steer(&self, heading: impl Into<MoveHeading>) {
        self.steering.set(heading.into());
    }

    /// Returns whether the connection has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

/// Returns a new handle, and the connection's end of its queue.
pub(super) fn channel() -> (Handle, mpsc::Receiver<Command>) {
    let (queue, commands) = mpsc::channel(COMMAND_QUEUE);
    let steering = Arc::new(Steering::default());
    (Handle { queue, steering }, commands)
}

impl Handle {
    pub(super) fn steering(&self) -> &Steering {
        &self.steering
    }
}

/// The heading that the player wants, shared by the handles and the connection.
#[derive(Debug, Default)]
pub(super) struct Steering {
    /// The direction's number, plus [`SPRINT`] for a sprint; or [`ANGLE`], the angle in the second
    /// byte and the speed in the third.
    heading: AtomicU32,
    waker: AtomicWaker,
}

const SPRINT: u32 = 16;
const ANGLE: u32 = 32;

impl Steering {
    fn set(&self, heading: MoveHeading) {
        let code = match heading {
            MoveHeading::Keys { direction, sprint } => direction as u32 | if sprint { SPRINT } else { 0 },
            MoveHeading::Angle { angle, speed } => u32::from_le_bytes([ANGLE as u8, angle, speed, 0]),
        };
        if self.heading.swap(code, Ordering::AcqRel) != code {
            self.waker.wake();
        }
    }

    /// Returns the current heading; wakes the task when it changes.
    pub(super) fn get(&self, waker: &std::task::Waker) -> MoveHeading {
        self.waker.register(waker);
        let code = self.heading.load(Ordering::Acquire);
        if code & ANGLE != 0 {
            let [_, angle, speed, _] = code.to_le_bytes();
            return MoveHeading::Angle { angle, speed };
        }
        let direction = Direction::ALL.get((code & !SPRINT) as usize);
        MoveHeading::Keys {
            direction: direction.copied().unwrap_or_default(),
            sprint: code & SPRINT != 0,
        }
    }
}

/// Rejects a command that is too long: the server would close the connection.
pub(super) fn check_length(command: &Command) -> Result<(), SendError> {
    if command.max_bytes() > MAX_CLIENT_MESSAGE {
        return Err(SendError::TooLong);
    }
    Ok(())
}
