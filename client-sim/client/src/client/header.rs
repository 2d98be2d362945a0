//! A client that reads only the headers of snapshots.

use std::time::Instant;

use parlour_shared::{codec::SNAPSHOT_OPCODE, snapshot::SnapshotHeader, view::ViewError};

use super::Client;
use crate::{
    event::{Event, ReceivedEvent},
    prediction::LAST_TICK,
    violation::Violation,
};

impl Client {
    /// Like [`Self::receive`], but reads only the header of a snapshot: checks that it belongs to
    /// this stay, is newer than the last one and builds on it. This is cheap enough for load tests
    /// with thousands of clients. The view and the player's own motion stay unknown.
    ///
    /// Use either this or [`Self::receive`] for all messages of a client: if you mix them,
    /// snapshots seem to be missing.
    ///
    /// # Errors
    /// Those of [`Self::receive`] that a header shows.
    pub fn receive_header(&mut self, message: &[u8], now: Instant) -> Result<ReceivedEvent, Violation> {
        if message.first() != Some(&SNAPSHOT_OPCODE) {
            return self.receive(message, now);
        }
        let Some(room) = &self.room else {
            return Err(Violation::SnapshotOutside);
        };
        let header = SnapshotHeader::read(message)?;
        self.check(&header, room.entered.view)?;
        self.last_header = Some(header.tick);
        self.ticks.observe(header.tick, now);
        let mut violation = None;
        if let Some(ack) = header.ack {
            self.phase.acknowledged(ack, now);
            violation = self.prediction.acknowledge(ack).err().map(Violation::from);
        }
        let event = Event::Snapshot {
            own: None,
            ack: header.ack,
        };
        Ok(ReceivedEvent { event, violation })
    }

    fn check(&self, header: &SnapshotHeader, view: u8) -> Result<(), Violation> {
        let got = header.tick;
        if got > LAST_TICK {
            return Err(Violation::TickRange(got));
        }
        if header.view != view {
            let (expected, got) = (view, header.view);
            return Err(ViewError::WrongStay { expected, got }.into());
        }
        if let Some(last) = self.last_header.filter(|&last| last >= got) {
            return Err(ViewError::TickNotLater { last, got }.into());
        }
        match header.base {
            Some(base) if self.last_header != Some(base) => {
                let last = self.last_header;
                Err(ViewError::UnknownBase { base, last }.into())
            }
            _ => Ok(()),
        }
    }
}
