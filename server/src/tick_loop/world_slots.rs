//! The worlds of a tick thread.

use std::time::{Duration, Instant};

use parlour_recording::recorder::TickSender;
use parlour_tick::{Counts, Pace, TickOutput, WorldId};

use super::{
    overtaking::OvertakingEvents,
    totals::{add, subtract},
};
use crate::{
    bridge::{
        inbound::{Inbound, InboundKind, InboundReceiver},
        outbound::TickBatch,
        route::IoThreads,
    },
    metrics::{Counter, Metrics},
    node_status::WorldFigures,
    ticker::{CommandReceiver, Stepped, TickReport, WorldSlot},
};

/// The worlds of a tick thread.
#[derive(Default)]
pub(super) struct WorldSlots {
    /// Sorted by id.
    pub(super) slots: Vec<WorldSlot>,
    /// The worlds that end with this tick.
    pub(super) ending: Vec<WorldSlot>,
    /// The worlds that leave for a different tick thread before this tick.
    pub(super) leaving: Vec<WorldSlot>,
    /// The worlds that are taken out at the next step, to be restored.
    pub(super) taking: Vec<WorldId>,
    /// The positions of the worlds that ran in this tick.
    ran: Vec<usize>,
    pub(super) overtaking: OvertakingEvents,
    /// The I/O threads that are behind.
    pub(super) behind: IoThreads,
    /// The reports of this tick.
    pub(super) reports: Vec<TickReport>,
    /// The sums over the worlds after this tick, without those that panicked.
    pub(super) total: Counts,
    /// The bytes of the outputs of this tick.
    pub(super) bytes: usize,
    /// The figures of the last second, until they are published.
    pub(super) figures: Vec<WorldFigures>,
}

impl WorldSlots {
    pub(super) fn get(&mut self, world: WorldId) -> Option<&mut WorldSlot> {
        // Most threads have one world.
        let at = match &self.slots[..] {
            [only] => (only.id == world).then_some(0)?,
            slots => slots.binary_search_by_key(&world, |slot| slot.id).ok()?,
        };
        self.slots.get_mut(at)
    }

    /// Collects the events that arrived. `looked` is called after each look at a ring, for tests.
    pub(super) fn collect(
        &mut self,
        inbound: &mut [InboundReceiver],
        commands: &mut CommandReceiver,
        deadline: Instant,
        dropped: &Counter,
        mut looked: impl FnMut(),
    ) {
        // Only as many as wait now: later events are for the next tick, so a flood cannot hold up
        // this one. The commands are counted before the direct events are taken, so that for every
        // command the direct events that were sent before it are there. They come first.
        let count = commands.slots();
        looked();
        for ring in inbound {
            for _ in 0..ring.slots() {
                let Ok(event) = ring.pop() else { break };
                if let Some(event) = self.take_in(event, deadline, dropped) {
                    self.overtaking.push(event, dropped);
                }
            }
            looked();
        }
        for _ in 0..count {
            let Ok(command) = commands.pop() else { break };
            self.obey(command, deadline, dropped);
        }
        if !self.overtaking.is_empty() {
            self.overtaking.end_tick();
        }
    }

    /// Adds a direct event to the input of its world. Returns it if its placement is not known yet.
    pub(super) fn take_in(
        &mut self,
        event: Inbound,
        deadline: Instant,
        dropped: &Counter,
    ) -> Option<Inbound> {
        let Some(slot) = self.get(event.world) else {
            return Some(event);
        };
        let session = event.session;
        if !slot.guests.is_placed(session, event.placed) {
            return Some(event);
        }
        match event.kind {
            InboundKind::Link(link) => {
                // It waited because the ring was full, and the desk has placed the session again.
                if slot.guests.is_last_placement(session, event.placed) {
                    slot.guests.set_link(session, link, &mut slot.input);
                }
            }
            InboundKind::Message { arrived, message } => {
                slot.take_message(session, arrived, message, deadline, dropped);
            }
        }
        None
    }

    /// Handles an I/O thread that fell behind or caught up.
    pub(super) fn set_behind(&mut self, thread: usize, behind: bool) {
        if behind {
            self.behind.add(thread);
        } else {
            self.behind.remove(thread);
        }
        for slot in &mut self.slots {
            slot.guests.set_behind(thread, behind, &mut slot.input);
        }
    }

    /// Steps all worlds. Returns the I/O threads that must see the batch.
    pub(super) fn step(
        &mut self,
        pace: Pace,
        batch: &mut TickBatch,
        recorder: &mut Option<TickSender>,
        metrics: &Metrics,
    ) -> IoThreads {
        batch.clear();
        self.bytes = 0;
        self.ran.clear();
        let mut threads = IoThreads::default();
        for mut slot in self.ending.drain(..) {
            // As in the last tick of the thread: the world ends anyway.
            let _ = slot.catch_up(recorder.as_mut());
            if !slot.is_broken() {
                subtract(&mut self.total, &slot.counts);
            }
            self.reports.push(slot.end());
        }
        while let Some(mut slot) = self.leaving.pop() {
            // Its recording is complete up to here, before a different thread continues it.
            let panicked = slot.catch_up(recorder.as_mut());
            subtract(&mut self.total, &slot.counts);
            if let Some(why) = panicked {
                self.reports.push(slot.panicked(why, recorder.as_mut()));
                let at = self.slots.partition_point(|other| other.id < slot.id);
                self.slots.insert(at, slot);
                continue;
            }
            let (world, slot) = (slot.id, Box::new(slot));
            self.reports.push(TickReport::Left { world, slot });
        }
        while let Some(world) = self.taking.pop() {
            let Some(slot) = self.get(world) else { continue };
            let counts = slot.counts;
            let report = match slot.catch_up(recorder.as_mut()) {
                Some(why) => Some(slot.panicked(why, recorder.as_mut())),
                None => slot.take(),
            };
            if let Some(report) = report {
                subtract(&mut self.total, &counts);
                self.reports.push(report);
            }
        }
        for (nth, slot) in self.slots.iter_mut().enumerate() {
            if slot.sleep(pace) {
                continue;
            }
            let before = slot.counts;
            let output = batch.next();
            match slot.step(pace, output, recorder.as_mut()) {
                Stepped::Waiting | Stepped::Skipped => {}
                Stepped::Panicked(report) => {
                    subtract(&mut self.total, &before);
                    self.reports.push(report);
                }
                Stepped::Ticked => {
                    self.ran.push(nth);
                    subtract(&mut self.total, &before);
                    add(&mut self.total, &output.counts, metrics);
                    self.bytes += output.bytes.len();
                    if !output.reports.is_empty() || !output.closes.is_empty() {
                        self.reports.push(TickReport::World {
                            world: slot.id,
                            reports: std::mem::take(&mut output.reports),
                            closes: output.closes.clone(),
                        });
                    }
                    if concerns_anyone(output) {
                        threads = threads.union(slot.guests.concerned(output));
                        batch.keep(slot.json_forms());
                    }
                }
            }
        }
        threads
    }

    /// Collects the figures of all worlds, once a second. Returns the world whose steps took the
    /// most time since the last call, and that time.
    pub(super) fn collect_figures(&mut self, now: Instant) -> Option<(WorldId, Duration)> {
        self.figures.clear();
        let mut busiest = None;
        for slot in &mut self.slots {
            let used = slot.take_used();
            if busiest.is_none_or(|(_, most)| used > most) {
                busiest = Some((slot.id, used));
            }
            self.figures.push(slot.figures(now));
        }
        busiest
    }

    /// Forgets what is only needed until the output is published.
    pub(super) fn end_tick(&mut self) {
        for nth in self.ran.drain(..) {
            self.slots[nth].end_tick();
        }
    }
}

fn concerns_anyone(output: &TickOutput) -> bool {
    !output.frames.is_empty() || !output.closes.is_empty() || !output.unknown.is_empty()
}
