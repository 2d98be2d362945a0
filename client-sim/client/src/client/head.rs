//! Lets a client read only the heads of snapshots.

use std::time::Instant;

use parlour_shared::{codec::SNAPSHOT_OPCODE, snapshot::Head, view::ViewError};

use super::Client;
use crate::{
    event::{Event, Received},
    prediction::LAST_TICK,
    violation::Violation,
};

impl Client {
    /// Like [`Self::receive`], but reads only the head of a snapshot: checks that it belongs to
    /// this stay, is newer than the last one and builds on it. That is very cheap, for load tests
    /// with thousands of clients. The view and the player's own motion stay unknown.
    ///
    /// Use either this or [`Self::receive`] for all messages of a client: if you mix them,
    /// snapshots seem to be missing.
    ///
    /// # Errors
    /// Like [`Self::receive`], as far as heads can show it.
    pub fn receive_head(&mut self, message: &[u8], now: Instant) -> Result<Received, Violation> {
        if message.first() != Some(&SNAPSHOT_OPCODE) {
            return self.receive(message, now);
        }
        let Some(room) = &self.room else {
            return Err(Violation::SnapshotOutside);
        };
        let head = Head::read(message)?;
        self.check(&head, room.entered.view)?;
        self.last_tick = Some(head.tick);
        self.last_head = Some(head.tick);
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

    fn check(&self, head: &Head, view: u8) -> Result<(), Violation> {
        let got = head.tick;
        if got > LAST_TICK {
            return Err(Violation::TickRange(got));
        }
        if let Some(last) = self.last_tick.filter(|&last| last >= got) {
            return Err(ViewError::TickNotLater { last, got }.into());
        }
        if head.view != view {
            let (expected, got) = (view, head.view);
            return Err(ViewError::WrongStay { expected, got }.into());
        }
        match head.base {
            Some(base) if self.last_head != Some(base) => {
                let last = self.last_head;
                Err(ViewError::UnknownBase { base, last }.into())
            }
            _ => Ok(()),
        }
    }
}
