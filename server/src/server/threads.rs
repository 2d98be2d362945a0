//! The threads of a server: how each starts, and how all end.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use metrics::with_local_recorder;
use parlour_recording::recorder::RecorderThreads;

use super::{
    StopReport,
    wiring::{IoEnds, SharedState},
};
use crate::{
    admin::Admin,
    bridge::wake::WakeSender,
    edge::{self, CloseCounts},
    failure::TICK,
    tick_loop::{MakeTicker, TickLoop},
};

/// The running threads. Dropping it stops them.
pub(super) struct Threads {
    shared: SharedState,
    tick: Option<PollingThread>,
    io: Vec<WakeableThread<CloseCounts>>,
    admin: Option<WakeableThread<()>>,
    live: Option<RecorderThreads>,
    /// Reads ahead, if a recording is served. Ends by itself after the tick thread.
    reader: Option<JoinHandle<()>>,
    /// The report of the stop.
    report: Option<StopReport>,
}

/// A thread that checks now and then whether it must stop.
struct PollingThread {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// A thread that sleeps until it is woken, and what wakes it.
struct WakeableThread<T> {
    wake: Arc<WakeSender>,
    thread: JoinHandle<T>,
}

/// Starting, in this order.
impl Threads {
    /// Starts with the threads that already run.
    pub(super) fn new(
        shared: SharedState,
        live: Option<RecorderThreads>,
        reader: Option<JoinHandle<()>>,
    ) -> Self {
        Self {
            shared,
            tick: None,
            io: Vec::new(),
            admin: None,
            live,
            reader,
            report: None,
        }
    }

    /// Starts the tick thread.
    pub(super) fn start_tick(&mut self, tick_loop: TickLoop, make: MakeTicker) -> io::Result<()> {
        let stop = Arc::clone(&tick_loop.stop);
        let recorder = self.shared.metrics.recorder().clone();
        let thread = self.shared.failure.spawn(TICK, move || {
            // Game logic counts here. What it counts in a playback goes nowhere.
            with_local_recorder(&recorder, || tick_loop.run(make))
        })?;
        self.tick = Some(PollingThread { stop, thread });
        Ok(())
    }

    /// Starts the I/O threads. The server accepts connections from now on.
    pub(super) fn start_io(&mut self, ends: Vec<IoEnds>) -> io::Result<()> {
        for IoEnds { start, wake } in ends {
            let name = format!("io-{}", start.thread);
            let thread = self.shared.failure.try_spawn(&name, move || edge::run(start))?;
            self.io.push(WakeableThread { wake, thread });
        }
        Ok(())
    }

    /// Starts the admin thread.
    pub(super) fn start_admin(&mut self, admin: Admin, wake: WakeSender) -> io::Result<()> {
        let thread = self.shared.failure.try_spawn("admin", move || admin.run())?;
        let wake = Arc::new(wake);
        self.admin = Some(WakeableThread { wake, thread });
        Ok(())
    }
}

/// Stopping.
impl Threads {
    /// Ends all threads. A second call returns the report of the first.
    pub(super) fn stop(&mut self) -> StopReport {
        if let Some(report) = &self.report {
            return report.clone();
        }
        let report = self.end();
        self.shared.failure.stopped();
        self.report.insert(report).clone()
    }

    fn end(&mut self) -> StopReport {
        let mut report = StopReport::default();
        // The tick continues while connections end, so that the world is sent that they closed.
        self.shared.edge.begin_stop();
        for io in &self.io {
            io.wake.wake();
        }
        for io in self.io.drain(..) {
            let closed = io.thread.join().unwrap_or_default();
            report.closed += closed.answered;
            report.aborted += closed.aborted;
        }
        if let Some(tick) = self.tick.take() {
            tick.stop.store(true, Ordering::Relaxed);
            let _ = tick.thread.join();
        }
        // Not from the thread: one that panicked has no state left.
        report.tick = self.shared.status.tick();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        if let Some(admin) = self.admin.take() {
            admin.wake.wake();
            let _ = admin.thread.join();
        }
        // Last, so that everything until now is recorded.
        if let Some(live) = self.live.take() {
            live.stop();
        }
        report.failure = self.shared.failure.get().cloned();
        report
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}
