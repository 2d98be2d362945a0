//! Checks that reliable messages are numbered without gaps: per room for messages to all in it, per
//! stay for messages to only some.

use parlour_shared::{ids::Epoch, message::Stamp};

/// A number that is not the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {got:?} arrived where {expected:?} was expected")]
pub struct StampError {
    /// The expected stamp; `None` outside of a room.
    pub expected: Option<Stamp>,
    /// The stamp of the message.
    pub got: Stamp,
}

/// The stream that a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StampStream {
    /// Messages to all in the room.
    Room,
    /// Messages to only some in the room.
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
    /// [`StampError`] if it is not the next one; the stream continues from it, so that one gap is
    /// reported once.
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
