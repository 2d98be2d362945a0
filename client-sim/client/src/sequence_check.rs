//! Checks that reliable messages are numbered without gaps. Messages to the whole room are numbered
//! per room, and messages to some of its players per stay.

use parlour_shared::{ids::Epoch, message::Stamp};

/// A message whose number is not the next one of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {got:?} arrived where {expected:?} was expected")]
pub struct StampError {
    /// The expected stamp, or `None` outside of a room.
    pub expected: Option<Stamp>,
    /// The stamp of the message.
    pub got: Stamp,
}

/// The stream that a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StampStream {
    /// Messages to all players in the room.
    Room,
    /// Messages to only some players in the room.
    Listener,
}

/// The positions of the streams of the current stay in a room.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StampChecker {
    stay: Option<Epoch>,
    room: u32,
    listener: u32,
}

impl StampChecker {
    /// Starts a new stay in a room; `seq` is the number of the room's last message so far.
    pub(crate) fn enter_room(&mut self, epoch: Epoch, seq: u32) {
        *self = Self {
            stay: Some(epoch),
            room: seq,
            listener: 0,
        };
    }

    /// Ends the stay.
    pub(crate) fn leave_room(&mut self) {
        self.stay = None;
    }

    /// Checks the next message of a stream.
    ///
    /// # Errors
    /// [`StampError`] if its number is not the next one. The stream continues from it, so that a
    /// gap is reported once.
    pub(crate) fn check(&mut self, stream: StampStream, got: Stamp) -> Result<(), StampError> {
        let last = match stream {
            StampStream::Room => &mut self.room,
            StampStream::Listener => &mut self.listener,
        };
        let expected = self.stay.map(|epoch| Stamp {
            epoch,
            seq: last.wrapping_add(1),
        });
        *last = got.seq;
        if expected == Some(got) {
            Ok(())
        } else {
            Err(StampError { expected, got })
        }
    }
}
