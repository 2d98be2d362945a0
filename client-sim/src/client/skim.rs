//! The client looks at the heads of snapshots only.

use std::time::Instant;

use parlour_shared::{
    codec::SNAPSHOT_OPCODE,
    ids::Tick,
    snapshot::{Ack, SnapshotError, flags},
    view::ViewError,
};

use super::Client;
use crate::{
    event::{Event, Received},
    prediction::LAST_TICK,
    violation::Violation,
};

/// What comes before the records of a snapshot.
struct Head {
    view: u8,
    tick: Tick,
    base: Option<Tick>,
    ack: Option<Ack>,
}

impl Client {
    /// As [`Self::receive`], but of a snapshot only the head is read: whether it belongs to this stay, is newer
    /// than the last one and builds on it. For load that needs no picture of the room: it costs next to nothing,
    /// and so do thousands of clients. The view and the own motion stay unknown.
    ///
    /// A client either skims all that it is sent or receives it; mixed, snapshots seem to be missing.
    ///
    /// # Errors
    /// As [`Self::receive`], as far as heads tell.
    pub fn skim(&mut self, message: &[u8], now: Instant) -> Result<Received, Violation> {
        if message.first() != Some(&SNAPSHOT_OPCODE) {
            return self.receive(message, now);
        }
        let Some(room) = &self.room else {
            return Err(Violation::SnapshotOutside);
        };
        let head = Head::read(message)?;
        self.check(&head, room.entered.view)?;
        self.last_tick = Some(head.tick);
        self.skimmed = Some(head.tick);
        self.ticks.observe(head.tick, now);
        let mut violation = None;
        if let Some(ack) = head.ack {
            self.phase.acknowledged(ack, now);
            violation = self.prediction.acknowledge(ack).err().map(Violation::from);
        }
        let event = Event::Snapshot {
            own: None,
            ack: head.ack,
        };
        Ok(Received { event, violation })
    }

    fn check(&self, head: &Head, stay: u8) -> Result<(), Violation> {
        let got = head.tick;
        if got > LAST_TICK {
            return Err(Violation::TickRange(got));
        }
        if let Some(last) = self.last_tick.filter(|&last| last >= got) {
            return Err(ViewError::TickNotLater { last, got }.into());
        }
        if head.view != stay {
            let (expected, got) = (stay, head.view);
            return Err(ViewError::WrongStay { expected, got }.into());
        }
        match head.base {
            Some(base) if self.skimmed != Some(base) => {
                let last = self.skimmed;
                Err(ViewError::UnknownBase { base, last }.into())
            }
            _ => Ok(()),
        }
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let Some((&[_, bits, view, t0, t1, t2, t3, a0, a1], rest)) = bytes.split_first_chunk() else {
            return Err(SnapshotError::Truncated);
        };
        if bits & !(flags::FULL | flags::ACK | flags::LEAVES | flags::ENTERS | flags::UPDATES) != 0 {
            return Err(SnapshotError::Bad("flag"));
        }
        let tick = u32::from_le_bytes([t0, t1, t2, t3]);
        let base = match (bits & flags::FULL != 0, u32::from(u16::from_le_bytes([a0, a1]))) {
            (true, 0) => None,
            (false, age @ 1..) if age <= tick => Some(Tick(tick - age)),
            _ => return Err(SnapshotError::Bad("base")),
        };
        let ack = match rest.first_chunk() {
            _ if bits & flags::ACK == 0 => None,
            Some(&[s0, s1, s2, s3, e0, e1]) => Some(Ack {
                seq: u32::from_le_bytes([s0, s1, s2, s3]),
                early: i16::from_le_bytes([e0, e1]),
            }),
            None => return Err(SnapshotError::Truncated),
        };
        let tick = Tick(tick);
        Ok(Self {
            view,
            tick,
            base,
            ack,
        })
    }
}
