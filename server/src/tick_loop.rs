//! A tick thread: it empties its rings, steps its worlds, and publishes their output.
//!
//! It makes no blocking call except to sleep until its next deadline, takes no lock, and awaits
//! nothing. So no client can delay a tick. A world that panics stops, and the others go on.

mod deadline;
mod load;
mod obeying;
mod overtaking;
mod pace_control;
mod priority;
#[cfg(test)]
mod tests;
mod totals;
mod world_slots;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parlour_recording::recorder::TickSender;
use parlour_tick::{Cadence, Pace};

use crate::{
    bridge::{
        inbound::InboundReceiver,
        io_load::IoLoad,
        outbound::{Backlog, Publisher},
        route::IoThreads,
        tick_status::TickThreads,
    },
    metrics::{Metrics, TickMetrics},
    node_status::NodeStatus,
    ticker::{CommandReceiver, ReportSender, TickReport, panic_hook},
};
use deadline::{Deadlines, PERIOD};
use load::LoadMeter;
use pace_control::PaceControl;
use world_slots::WorldSlots;

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
            if let Some(second) = load.ticked(end - begin, end) {
                self.reports.send(TickReport::Load(second.load));
                let busiest = worlds.collect_figures(end);
                if let Some((world, used)) = busiest.filter(|_| second.overran) {
                    let share = used.div_duration_f32(second.length);
                    self.reports.send(TickReport::Overran { world, share });
                }
                unpublished = Some(second.load);
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
            // A world that panics here ends anyway, and only its recording is not complete.
            let _ = slot.catch_up(self.recorder.as_mut());
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
            objects,
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
        objects.set(total.objects);
        entities.set(total.entities);
        held.set(total.held);
        for (gauge, viewers) in cadence.iter().zip(total.viewers) {
            gauge.set(viewers);
        }
        output_bytes.record(worlds.bytes as f64);
    }
}
