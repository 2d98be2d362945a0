//! From a tick thread to the desk: what its worlds report, and worlds that are over.

use std::collections::VecDeque;

use parlour_shared::{
    close::CloseCode,
    ids::{SessionId, Tick},
    message::Request,
};
use parlour_tick::{Report, WorldId};
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use super::{fault::Fault, wake::WakeSender};

/// The size of one ring: 1,024 reports of 128 bytes are 131 KB. A world reports at most once per
/// tick.
const RING: usize = 1024;
/// Reports that may wait outside a full ring. If more wait, the desk has not run for a long time,
/// and the tick thread fails, because the desk cannot seat players without them. 100 worlds that
/// all report in each tick reach it after 11 s.
const WAITING: usize = 64 * 1024;

/// A report of a tick thread. `W` is a world, and `S` a world with all that its tick thread knows
/// about it. The bridge only carries them.
pub(crate) enum TickReport<W, S> {
    /// The reports of a tick of a world, and the sessions that it closes.
    World {
        world: WorldId,
        reports: Vec<Report>,
        closes: Vec<(SessionId, CloseCode)>,
    },
    /// A world panicked in this tick, which has not happened for anybody.
    Panicked {
        world: WorldId,
        tick: Tick,
        fault: Fault,
        /// The requests of the tick, in order.
        lost: Vec<LostRequest>,
        /// What is left of the world, to be dropped.
        remains: Option<W>,
    },
    /// A world was taken out before this tick. Like one that panicked, it waits to be restored.
    Taken {
        world: WorldId,
        tick: Tick,
        /// The world, to be dropped.
        ticker: W,
    },
    /// A world ended.
    Ended {
        world: WorldId,
        /// The requests that it collected while it waited to be restored.
        lost: Vec<LostRequest>,
        /// The world, to be dropped. `None`: it waited to be restored.
        ticker: Option<W>,
    },
    /// A world that panicked or was taken out runs again.
    Restored { world: WorldId },
    /// A world left the thread, to enter a different one.
    Left { world: WorldId, slot: S },
    /// The share of its time that the thread used in the last second.
    Load(f32),
    /// The ticks of the thread took longer than their period on average, over the last second and
    /// also without the longest of them. Of all its worlds, the steps of this one took the largest
    /// share of that second.
    Overran { world: WorldId, share: f32 },
}

/// A request, or an arrival, that a world took and that will never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LostRequest {
    pub(crate) session: SessionId,
    pub(crate) request: Request,
    pub(crate) kind: LostKind,
}

/// The kind of a lost request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LostKind {
    /// A join, as a message.
    Join,
    /// A reservation of the desk.
    Reserve,
    /// The arrival of the session, without a number. The session is not in the world, which drops
    /// what else it was sent for it.
    Arrival,
    /// Movement commands, which have no answer and no number: one for each session.
    Move,
    /// Any other request of a client.
    Other,
}

/// The end of the tick thread.
pub(crate) struct ReportSender<W, S> {
    ring: Producer<TickReport<W, S>>,
    /// Reports while the ring is full, in order.
    waiting: VecDeque<TickReport<W, S>>,
    wake: WakeSender,
    /// Whether something was sent since the last wake-up.
    sent: bool,
}

/// The end of the desk.
pub(crate) type ReportReceiver<W, S> = Consumer<TickReport<W, S>>;

/// Creates both ends.
pub(crate) fn report_ring<W, S>(wake: WakeSender) -> (ReportSender<W, S>, ReportReceiver<W, S>) {
    let (ring, receiver) = RingBuffer::new(RING);
    let sender = ReportSender {
        ring,
        waiting: VecDeque::new(),
        wake,
        sent: false,
    };
    (sender, receiver)
}

impl<W, S> ReportSender<W, S> {
    /// Enqueues a report. [`Self::flush`] wakes the desk.
    ///
    /// # Panics
    /// If too many reports wait, which fails the server.
    pub(crate) fn send(&mut self, report: TickReport<W, S>) {
        assert!(
            self.waiting.len() < WAITING,
            "the desk does not run: {WAITING} reports wait for it"
        );
        self.waiting.push_back(report);
        self.push();
    }

    /// Sends waiting reports, as many as there is room for, and wakes the desk if anything was sent
    /// since the last call.
    pub(crate) fn flush(&mut self) {
        self.push();
        if std::mem::take(&mut self.sent) {
            self.wake.wake();
        }
    }

    fn push(&mut self) {
        while let Some(report) = self.waiting.pop_front() {
            if let Err(PushError::Full(report)) = self.ring.push(report) {
                self.waiting.push_front(report);
                return;
            }
            self.sent = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::wake;

    type World = Box<u64>;

    #[test]
    fn reports_wait_for_a_desk_that_is_late_and_keep_their_order() {
        let (wake, end) = wake::pair().unwrap();
        let (mut sender, mut receiver) = report_ring::<World, World>(wake);
        for load in 0..2 * RING {
            sender.send(TickReport::Load(load as f32));
        }
        sender.flush();
        assert!(end.wait(None));
        for load in 0..2 * RING {
            let report = receiver.pop();
            assert!(
                matches!(report, Ok(TickReport::Load(is)) if is == load as f32),
                "{load}"
            );
            sender.flush();
        }
        assert!(receiver.pop().is_err());
    }

    #[test]
    fn a_report_has_the_documented_size() {
        assert!(
            size_of::<TickReport<World, World>>() <= 128,
            "{}",
            size_of::<TickReport<World, World>>()
        );
    }
}
