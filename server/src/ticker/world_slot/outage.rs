//! A world that panicked or was taken out, until it is restored or ends. Its slot keeps the guests,
//! and collects events for the restored world.

use std::mem;

use parlour_recording::recorder::TickSender;
use parlour_tick::{Counts, Event, EventKind};

use super::WorldSlot;
use crate::{
    bridge::fault::Fault,
    ticker::{
        TickReport, Ticker,
        lost::{lost_moves, lost_requests},
    },
};

impl WorldSlot {
    /// Takes back the input of the tick that panicked. Its arrivals and requests are lost, because
    /// one of them may be the cause. Its other events are kept for the restored world: without its
    /// departures, players would stay there who have left.
    pub(crate) fn panicked(&mut self, why: String, recorder: Option<&mut TickSender>) -> TickReport {
        let tick = self.tick.after(1);
        (self.stepped, self.quiet_until) = (self.tick, self.tick);
        let mut remains = self.ticker.take();
        let mut fatal = mem::take(&mut self.input);
        if let Some(ticker) = &mut remains {
            ticker.reclaim(&mut fatal);
        }
        let system = remains.as_ref().and_then(|ticker| ticker.failed_system());
        let fault = Fault::new(system, why);
        let mut lost = lost_requests(&fatal.events);
        lost.extend(lost_moves(&fatal.events));
        for event in &fatal.events {
            if matches!(event.kind, EventKind::Arrive(_)) {
                self.guests.lose_arrival(event.session);
            }
        }
        let is_kept = |event: &&Event| match event.kind {
            EventKind::Depart
            | EventKind::Hold
            | EventKind::Release
            | EventKind::Drop
            | EventKind::Resume { .. } => true,
            EventKind::Arrive(_) | EventKind::Message { .. } | EventKind::Reserve(_) => false,
        };
        self.input.events = fatal.events.iter().filter(is_kept).cloned().collect();
        if let Some(ticker) = &mut remains {
            ticker.record_panic(tick, &mut fatal, recorder);
        }
        TickReport::Panicked {
            world: self.id,
            tick,
            fault,
            lost,
            remains,
        }
    }

    /// Goes on with a world that was rebuilt. It has finished the tick before the one that panicked
    /// or was not begun, and holds nobody. Returns the world that was here, if there was one.
    pub(crate) fn restore(&mut self, ticker: Box<dyn Ticker>) -> Option<Box<dyn Ticker>> {
        self.guests.tell_links(&mut self.input);
        if self.ticker.is_none() {
            self.counts = Counts::default();
        }
        self.quiet_until = self.tick;
        self.ticker.replace(ticker)
    }

    /// Returns whether the world panicked, and is not restored yet.
    pub(crate) fn is_broken(&self) -> bool {
        self.ticker.is_none()
    }

    /// Takes the world out before its next tick, to be restored. Its guests stay, and it collects
    /// events as after a panic. `None`: it waits to be restored already.
    pub(crate) fn take(&mut self) -> Option<TickReport> {
        Some(TickReport::Taken {
            world: self.id,
            tick: self.tick.after(1),
            ticker: self.ticker.take()?,
        })
    }

    /// Ends the world.
    pub(crate) fn end(self) -> TickReport {
        TickReport::Ended {
            world: self.id,
            lost: lost_requests(&self.input.events),
            ticker: self.ticker,
        }
    }
}
