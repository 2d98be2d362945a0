//! Reliable messages are numbered, per room for what all in it hear and per stay for what only some hear: no
//! gaps.

use parlour_shared::{ids::Epoch, message::Stamp};

/// A number that is not the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {got:?} where {expected:?} was due")]
pub struct StampError {
    /// The stamp that was due; `None` outside of a room.
    pub expected: Option<Stamp>,
    /// The stamp of the message.
    pub got: Stamp,
}

/// Which stream a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StampStream {
    /// What all in the room hear.
    Room,
    /// What only some hear.
    Listener,
}

/// Where the streams of the present stay in a room stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StampChecker {
    stay: Option<Epoch>,
    room: u32,
    listener: u32,
}

impl StampChecker {
    /// A new stay in a room; `seq` is the number of the room's last message so far.
    pub(crate) fn enter_room(&mut self, epoch: Epoch, seq: u32) {
        *self = Self {
            stay: Some(epoch),
            room: seq,
            listener: 0,
        };
    }

    /// The stay is over.
    pub(crate) fn leave_room(&mut self) {
        self.stay = None;
    }

    /// Takes in the next message of a stream.
    ///
    /// # Errors
    /// [`StampError`] if it is not the next one; the stream goes on from it, so that one gap is reported once.
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
