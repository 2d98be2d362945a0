//! The tick thread: it empties the inbound rings, steps the world, and publishes its output.
//!
//! It makes no blocking call except to sleep until its next deadline, takes no lock, and awaits
//! nothing. So no client can delay a tick.

mod deadline;
mod held_sessions;
mod pace_control;
mod priority;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use parlour_sim::Simulation;
use parlour_tick::{Cadence, Counts, TickInput, TickOutput};

use crate::{
    bridge::{
        inbound::InboundReceiver,
        io_load::IoLoad,
        outbound::{Backlog, Publisher},
        tick_status::TickStatus,
    },
    metrics::Metrics,
};
use deadline::{Deadlines, PERIOD};
use held_sessions::HeldSessions;
use pace_control::PaceControl;

/// A world that runs tick by tick. It lives on the tick thread, and must not block it.
pub(crate) trait Ticker {
    /// Runs one tick. It clears the output first. The input is in canonical order. Afterwards it is
    /// unchanged or empty.
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput);
}

/// Creates the ticker on the tick thread. The ticker never leaves that thread, so only this closure
/// must be `Send`.
pub(crate) type MakeTicker = Box<dyn FnOnce() -> Box<dyn Ticker> + Send>;

impl Ticker for Simulation {
    fn step(&mut self, input: &mut TickInput, output: &mut TickOutput) {
        Simulation::step(self, input, output);
    }
}

/// The tick thread before it starts: its ends of the rings, and its options.
pub(crate) struct TickLoop {
    pub(crate) inbound: Vec<InboundReceiver>,
    pub(crate) publisher: Publisher,
    /// The load of each I/O thread.
    pub(crate) loads: Vec<Arc<IoLoad>>,
    /// How often viewers are sent snapshots. `None`: as often as the load allows.
    pub(crate) cadence: Option<Cadence>,
    /// Whether the thread takes real-time priority, if the system allows it.
    pub(crate) realtime: bool,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<TickStatus>,
    pub(crate) stop: Arc<AtomicBool>,
}

impl TickLoop {
    /// Creates the ticker, and ticks until the server stops.
    pub(crate) fn run(mut self, make: MakeTicker) {
        let mut ticker = make();
        // After the ticker: threads that game logic starts would inherit the priority.
        priority::raise(self.realtime);
        let mut input = TickInput::default();
        let mut holds = HeldSessions::new(self.publisher.threads());
        let loads = std::mem::take(&mut self.loads);
        let mut pace_control = PaceControl::new(self.cadence, loads, Instant::now());
        let mut deadlines = Deadlines::start();
        while !self.stop.load(Ordering::Relaxed) {
            let deadline = deadlines.wait();
            let begin = Instant::now();
            self.collect(deadline, &mut holds, &mut pace_control, &mut input);
            self.status.set_pace(input.pace);

            let mut shared = self.publisher.take();
            // Only a bug in this thread can leave the output shared. A new one costs an allocation,
            // instead of a crash.
            if Arc::get_mut(&mut shared).is_none() {
                shared = Arc::default();
            }
            if let Some(output) = Arc::get_mut(&mut shared) {
                ticker.step(&mut input, output);
                self.observe(output);
            }
            self.status.advanced(shared.tick);
            let lost = self.publisher.publish(shared);
            self.metrics.tick.outputs_lost.increment(lost as u64);

            let end = Instant::now();
            self.observe_time(begin.saturating_duration_since(deadline), end - begin);
            pace_control.ticked(end - begin, end);
            let skipped = deadlines.next(end - begin, end);
            // An I/O thread logs the skipped ticks, because writing a log line could block this
            // thread.
            self.metrics.tick.skipped.increment(skipped);
            self.status.add_skipped(skipped);
        }
    }

    /// Collects the input of the tick: the events that arrived, the holds for I/O threads that fell
    /// behind, and the pace.
    fn collect(
        &mut self,
        deadline: Instant,
        holds: &mut HeldSessions,
        pace_control: &mut PaceControl,
        input: &mut TickInput,
    ) {
        input.events.clear();
        for (thread, ring) in self.inbound.iter_mut().enumerate() {
            // Only as many as wait now: later events are for the next tick, so a flood cannot hold
            // up this one.
            for _ in 0..ring.slots() {
                let Ok(event) = ring.pop() else { break };
                holds.take_in(thread, event, deadline, input);
            }
            pace_control.waiting(thread, self.publisher.waiting(thread));
            match self.publisher.backlog(thread) {
                Backlog::Unchanged => {}
                Backlog::FellBehind => {
                    self.metrics.tick.io_behind.increment(1);
                    holds.set_behind(thread, true, input);
                }
                Backlog::CaughtUp => holds.set_behind(thread, false, input),
            }
        }
        input.pace = pace_control.pace();
        input.sort();
    }

    fn observe_time(&self, lateness: std::time::Duration, duration: std::time::Duration) {
        let metrics = &self.metrics.tick;
        metrics.lateness.record(lateness.as_secs_f64());
        metrics.duration.record(duration.as_secs_f64());
        metrics.ticks.increment(1);
        if duration > PERIOD {
            metrics.overruns.increment(1);
        }
    }

    fn observe(&self, output: &TickOutput) {
        let metrics = &self.metrics.tick;
        let Counts {
            sessions,
            players,
            rooms,
            entities,
            held,
            viewers,
            moves,
            moves_dropped,
            refused,
        } = output.counts;
        metrics.number.set(output.tick.0);
        metrics.sessions.set(sessions);
        metrics.players.set(players);
        metrics.rooms.set(rooms);
        metrics.entities.set(entities);
        metrics.held.set(held);
        for (gauge, count) in metrics.cadence.iter().zip(viewers) {
            gauge.set(count);
        }
        metrics.moves.increment(moves.into());
        metrics.moves_dropped.increment(moves_dropped.into());
        metrics.output_bytes.record(output.bytes.len() as f64);
        for (class, count) in refused.iter() {
            metrics.refused.add(class, count.into());
        }
    }
}
