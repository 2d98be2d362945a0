//! A tick thread: it empties its rings, steps its worlds, and publishes their output.
//!
//! It makes no blocking call except to sleep until its next deadline, takes no lock, and awaits
//! nothing. So no client can delay a tick. A world that panics stops, and the others go on.

mod deadline;
mod guests;
mod load;
mod overtaking;
mod pace_control;
mod panic_hook;
mod priority;
#[cfg(test)]
mod tests;
mod world_slot;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parlour_recording::recorder::TickSender;
use parlour_shared::ids::SessionId;
use parlour_tick::{Cadence, Counts, Event, EventKind, Pace, TickOutput, WorldId};

use crate::{
    bridge::{
        commands::SessionCommand,
        inbound::{Inbound, InboundKind, InboundReceiver},
        io_load::IoLoad,
        outbound::{Backlog, Publisher, TickBatch},
        route::IoThreads,
        tick_status::TickThreads,
    },
    metrics::{Counter, Metrics, TickMetrics},
    node_status::{NodeStatus, WorldFigures},
    ticker::{CommandReceiver, ReportSender, TickCommand, TickReport},
};
use deadline::{Deadlines, PERIOD};
use load::LoadMeter;
use overtaking::OvertakingEvents;
use pace_control::PaceControl;
use world_slot::{Stepped, WorldSlot, lost_requests};

/// A tick thread before it starts: its ends of the rings, and its options.
pub(crate) struct TickLoop {
    /// The number of the thread.
    pub(crate) thread: usize,
    pub(crate) inbound: Vec<InboundReceiver>,
    pub(crate) commands: CommandReceiver,
    pub(crate) reports: ReportSender,
    pub(crate) publisher: Publisher,
    /// The thread's end of the recorder. `None`: a playback, which is not recorded.
    pub(crate) recorder: Option<TickSender>,
    /// The load of each I/O thread.
    pub(crate) loads: Vec<Arc<IoLoad>>,
    /// How often viewers are sent snapshots. `None`: as often as the load allows.
    pub(crate) cadence: Option<Cadence>,
    /// Whether the thread takes real-time priority, if the system allows it.
    pub(crate) realtime: bool,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<TickThreads>,
    /// Receives the figures of the worlds.
    pub(crate) node: Arc<NodeStatus>,
    pub(crate) stop: Arc<AtomicBool>,
}

impl TickLoop {
    /// Ticks until the server stops. The last tick sees everything that was sent before the stop.
    pub(crate) fn run(mut self) {
        priority::raise(self.realtime);
        panic_hook::install();
        let loads = std::mem::take(&mut self.loads);
        let mut pace_control = PaceControl::new(self.cadence, loads, Instant::now());
        let mut load = LoadMeter::new(Instant::now());
        let mut deadlines = Deadlines::start();
        let mut worlds = WorldSlots::default();
        // The load, while the figures of the last second are not published.
        let mut unpublished = None;
        let mut stopping = false;
        while !stopping {
            let deadline = deadlines.wait();
            stopping = self.stop.load(Ordering::Relaxed);
            let begin = Instant::now();
            self.collect(deadline, &mut worlds, &mut pace_control);
            let pace = pace_control.pace();
            self.status.thread(self.thread).set_pace(pace);
            self.step(&mut worlds, pace);

            let end = Instant::now();
            self.observe_time(begin.saturating_duration_since(deadline), end - begin);
            pace_control.ticked(end - begin, end);
            if let Some(load) = load.ticked(end - begin, end) {
                self.reports.send(TickReport::Load(load));
                worlds.collect_figures(end);
                unpublished = Some(load);
            }
            if let Some(load) = unpublished
                && self
                    .node
                    .publish_thread(self.thread, load.into(), &mut worlds.figures)
            {
                unpublished = None;
            }
            self.reports.flush();
            let skipped = deadlines.next(end - begin, end);
            // An I/O thread logs the skipped ticks, because writing a log line could block this
            // thread.
            self.metrics.ticks[self.thread].skipped.increment(skipped);
            self.status.thread(self.thread).add_skipped(skipped);
        }
        for slot in &mut worlds.slots {
            slot.catch_up(self.recorder.as_mut());
        }
    }

    /// Collects the input of the tick: the events that arrived, and the holds for I/O threads that
    /// fell behind.
    fn collect(&mut self, deadline: Instant, worlds: &mut WorldSlots, pace_control: &mut PaceControl) {
        let dropped = &self.metrics.edge.dropped_inbound_full;
        for thread in 0..self.inbound.len() {
            pace_control.waiting(thread, self.publisher.waiting(thread));
            match self.publisher.backlog(thread) {
                Backlog::Unchanged => {}
                Backlog::FellBehind => {
                    self.metrics.tick.io_behind.increment(1);
                    worlds.set_behind(thread, true);
                }
                Backlog::CaughtUp => worlds.set_behind(thread, false),
            }
        }
        worlds.collect(&mut self.inbound, &mut self.commands, deadline, dropped, || {});
    }

    /// Steps all worlds, publishes their output, and then reports to the desk.
    fn step(&mut self, worlds: &mut WorldSlots, pace: Pace) {
        let mut shared = self.publisher.take();
        // Only a bug in this thread can leave the batch shared. A new one costs an allocation,
        // instead of a crash.
        if Arc::get_mut(&mut shared).is_none() {
            shared = Arc::default();
        }
        let mut threads = IoThreads::default();
        if let Some(batch) = Arc::get_mut(&mut shared) {
            threads = worlds.step(pace, batch, &mut self.recorder, &self.metrics);
        }
        // The recorder must have a tick that panicked before the desk asks it to rebuild the world.
        if let Some(recorder) = &mut self.recorder {
            recorder.flush();
        }
        self.observe(worlds);
        let first = worlds.slots.first().map(|slot| slot.tick);
        self.status.thread(self.thread).advanced(first);
        let lost = self.publisher.publish(shared, threads);
        self.metrics.tick.outputs_lost.increment(lost as u64);
        // Only now: the frames of a tick precede everything that the desk does because of it.
        for report in worlds.reports.drain(..) {
            self.reports.send(report);
        }
        worlds.end_tick();
    }

    fn observe_time(&self, lateness: Duration, duration: Duration) {
        let metrics = &self.metrics.ticks[self.thread];
        metrics.lateness.record(lateness.as_secs_f64());
        metrics.duration.record(duration.as_secs_f64());
        metrics.ticks.increment(1);
        if duration > PERIOD {
            metrics.overruns.increment(1);
        }
    }

    fn observe(&self, worlds: &WorldSlots) {
        let TickMetrics {
            number,
            worlds: count,
            players,
            rooms,
            entities,
            held,
            cadence,
            output_bytes,
            ..
        } = &self.metrics.ticks[self.thread];
        let total = &worlds.total;
        if let Some(first) = worlds.slots.first() {
            number.set(first.tick.0);
        }
        count.set(worlds.slots.len() as f64);
        players.set(total.players);
        rooms.set(total.rooms);
        entities.set(total.entities);
        held.set(total.held);
        for (gauge, viewers) in cadence.iter().zip(total.viewers) {
            gauge.set(viewers);
        }
        output_bytes.record(worlds.bytes as f64);
    }
}

/// The worlds of a tick thread.
#[derive(Default)]
struct WorldSlots {
    /// Sorted by id.
    slots: Vec<WorldSlot>,
    /// The worlds that end with this tick.
    ending: Vec<WorldSlot>,
    /// The worlds that are taken out at the next step, to be restored.
    taking: Vec<WorldId>,
    /// The positions of the worlds that ran in this tick.
    ran: Vec<usize>,
    overtaking: OvertakingEvents,
    /// The I/O threads that are behind.
    behind: IoThreads,
    /// The reports of this tick.
    reports: Vec<TickReport>,
    /// The sums over the worlds after this tick, without those that panicked.
    total: Counts,
    /// The bytes of the outputs of this tick.
    bytes: usize,
    /// The figures of the last second, until they are published.
    figures: Vec<WorldFigures>,
}

impl WorldSlots {
    fn get(&mut self, world: WorldId) -> Option<&mut WorldSlot> {
        // Most threads have one world.
        let at = match &self.slots[..] {
            [only] => (only.id == world).then_some(0)?,
            slots => slots.binary_search_by_key(&world, |slot| slot.id).ok()?,
        };
        self.slots.get_mut(at)
    }

    /// Collects the events that arrived. `looked` is called after each look at a ring, for tests.
    fn collect(
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
    fn take_in(&mut self, event: Inbound, deadline: Instant, dropped: &Counter) -> Option<Inbound> {
        let behind = self.behind;
        let Some(slot) = self.get(event.world) else {
            return Some(event);
        };
        let session = event.session;
        if !slot.guests.is_placed(session, event.placed) {
            return Some(event);
        }
        match event.kind {
            InboundKind::Held(held) => slot.guests.set_held(session, held, behind, &mut slot.input),
            InboundKind::Message { arrived, message } => {
                slot.take_message(session, arrived, message, deadline, dropped);
            }
        }
        None
    }

    /// Obeys a command of the desk.
    fn obey(&mut self, command: TickCommand, deadline: Instant, dropped: &Counter) {
        match command {
            TickCommand::Start { world, ticker } => {
                let at = self.slots.partition_point(|slot| slot.id < world);
                self.slots.insert(at, WorldSlot::new(world, ticker));
            }
            TickCommand::Restore { world, ticker } => {
                let behind = self.behind;
                let unused = match self.get(world) {
                    Some(slot) => slot.restore(ticker, behind),
                    None => Some(ticker),
                };
                self.reports.push(match unused {
                    None => TickReport::Restored { world },
                    // Only a bug of the desk restores a world that runs, or that is not here.
                    ticker => TickReport::Ended {
                        world,
                        lost: Vec::new(),
                        ticker,
                    },
                });
            }
            TickCommand::Take { world } => self.taking.push(world),
            TickCommand::End { world } => {
                let at = self.slots.binary_search_by_key(&world, |slot| slot.id);
                match at {
                    Ok(at) => self.ending.push(self.slots.remove(at)),
                    Err(_) => self.reports.push(TickReport::Ended {
                        world,
                        lost: Vec::new(),
                        ticker: None,
                    }),
                }
            }
            TickCommand::Event {
                world,
                session,
                io_thread,
                kind,
            } => self.session_command((world, session, io_thread), kind, deadline, dropped),
        }
    }

    fn session_command(
        &mut self,
        (world, session, io_thread): (WorldId, SessionId, usize),
        kind: SessionCommand,
        deadline: Instant,
        dropped: &Counter,
    ) {
        let behind = self.behind;
        let Some(slot) = self.get(world) else {
            self.refuse_late(world, session, kind);
            return;
        };
        let WorldSlot { guests, input, .. } = slot;
        match kind {
            SessionCommand::Arrive { player, held } => {
                guests.arrive(session, player, io_thread, held, behind, input);
            }
            SessionCommand::Depart => guests.depart(session, input),
            SessionCommand::Held(held) => guests.set_held(session, held, behind, input),
            // Its arrival was lost in a panic, which the desk did not know yet.
            SessionCommand::Message { .. } if guests.is_outside(session) => {}
            SessionCommand::Message { arrived, message } => {
                slot.take_message(session, arrived, message, deadline, dropped);
            }
            SessionCommand::Reserve(reservation) => {
                slot.take_reservation(session, io_thread, reservation);
            }
            SessionCommand::Placed { number } => {
                guests.place(session, number);
                if !self.overtaking.is_empty() {
                    self.take_overtaking(world, session, deadline, dropped);
                }
            }
        }
    }

    /// Reports the request in a command for a world that has ended meanwhile.
    fn refuse_late(&mut self, world: WorldId, session: SessionId, kind: SessionCommand) {
        let kind = match kind {
            SessionCommand::Message { message, .. } => EventKind::Message { early: 0, message },
            SessionCommand::Reserve(reservation) => EventKind::Reserve(reservation),
            SessionCommand::Arrive { .. }
            | SessionCommand::Depart
            | SessionCommand::Held(_)
            | SessionCommand::Placed { .. } => return,
        };
        let lost = lost_requests(&[Event { session, kind }]);
        if !lost.is_empty() {
            self.reports.push(TickReport::Ended {
                world,
                lost,
                ticker: None,
            });
        }
    }

    /// Adds the direct events that overtook the placement of their session.
    fn take_overtaking(&mut self, world: WorldId, session: SessionId, deadline: Instant, dropped: &Counter) {
        for event in self.overtaking.take(world, session) {
            // Events under a later placement continue to wait.
            if let Some(event) = self.take_in(event, deadline, dropped) {
                self.overtaking.push(event, dropped);
            }
        }
    }

    /// Handles an I/O thread that fell behind or caught up.
    fn set_behind(&mut self, thread: usize, behind: bool) {
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
    fn step(
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
            slot.catch_up(recorder.as_mut());
            if !slot.is_broken() {
                subtract(&mut self.total, &slot.counts);
            }
            self.reports.push(slot.end());
        }
        while let Some(world) = self.taking.pop() {
            let Some(slot) = self.get(world) else { continue };
            slot.catch_up(recorder.as_mut());
            let counts = slot.counts;
            if let Some(report) = slot.take() {
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
                        batch.keep();
                    }
                }
            }
        }
        threads
    }

    /// Collects the figures of all worlds, once a second.
    fn collect_figures(&mut self, now: Instant) {
        self.figures.clear();
        let figures = self.slots.iter_mut().map(|slot| slot.figures(now));
        self.figures.extend(figures);
    }

    /// Forgets what is only needed until the output is published.
    fn end_tick(&mut self) {
        for nth in self.ran.drain(..) {
            self.slots[nth].end_tick();
        }
    }
}

fn concerns_anyone(output: &TickOutput) -> bool {
    !output.frames.is_empty() || !output.closes.is_empty() || !output.unknown.is_empty()
}

/// Subtracts the sizes that a world had so far.
fn subtract(total: &mut Counts, counts: &Counts) {
    total.players -= counts.players;
    total.rooms -= counts.rooms;
    total.entities -= counts.entities;
    total.held -= counts.held;
    for (sum, count) in total.viewers.iter_mut().zip(counts.viewers) {
        *sum -= count;
    }
}

/// Adds the counts of a world: sizes to the sums of the thread, events to the counters of the node.
fn add(total: &mut Counts, counts: &Counts, metrics: &Metrics) {
    let Counts {
        sessions: _,
        players,
        rooms,
        entities,
        held,
        viewers,
        moves,
        moves_dropped,
        refused,
    } = counts;
    total.players += players;
    total.rooms += rooms;
    total.entities += entities;
    total.held += held;
    for (sum, count) in total.viewers.iter_mut().zip(viewers) {
        *sum += count;
    }
    let metrics = &metrics.tick;
    metrics.moves.increment((*moves).into());
    metrics.moves_dropped.increment((*moves_dropped).into());
    for (class, count) in refused.iter() {
        metrics.refused.add(class, count.into());
    }
}
