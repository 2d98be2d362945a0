//! Starts the threads of a server, and stops them.

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
use tokio::sync::Notify;

use super::{
    StopReport,
    saving::WorldSaving,
    wiring::{IoEnds, SharedState},
};
use crate::{
    admin::Admin,
    auth::AuthService,
    bridge::wake::WakeSender,
    desk::{self, DeskStart},
    edge::{self, CloseCounts},
    failure::TICK,
    tick_loop::TickLoop,
};

/// The running threads. Dropping it stops them.
pub(super) struct Threads {
    shared: SharedState,
    ticks: Vec<PollingThread>,
    desk: Option<(PollingThread, WakeSender)>,
    auth: Option<(Arc<Notify>, JoinHandle<()>)>,
    io: Vec<WakeableThread<CloseCounts>>,
    admin: Option<WakeableThread<()>>,
    recorder: Option<RecorderThreads>,
    /// Reads the recording of a playback ahead. It ends by itself after its world.
    reader: Option<JoinHandle<()>>,
    /// Saves durable worlds when the server stops. `None`: there is no directory for them.
    saving: Option<WorldSaving>,
    /// The report, once the server is stopped.
    report: Option<StopReport>,
}

/// A thread that checks a flag to see whether it must stop.
struct PollingThread {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// A thread that sleeps until it is woken.
struct WakeableThread<T> {
    wake: Arc<WakeSender>,
    thread: JoinHandle<T>,
}

/// Starts the threads. The methods are called in this order.
impl Threads {
    /// Takes over the threads that run already.
    pub(super) fn new(
        shared: SharedState,
        recorder: Option<RecorderThreads>,
        reader: Option<JoinHandle<()>>,
        saving: Option<WorldSaving>,
    ) -> Self {
        Self {
            shared,
            ticks: Vec::new(),
            desk: None,
            auth: None,
            io: Vec::new(),
            admin: None,
            recorder,
            reader,
            saving,
            report: None,
        }
    }

    /// Starts a tick thread.
    pub(super) fn start_tick(&mut self, tick_loop: TickLoop) -> io::Result<()> {
        let stop = Arc::clone(&tick_loop.stop);
        let metrics = self.shared.metrics.recorder().clone();
        let name = format!("{TICK}{}", tick_loop.thread);
        let thread = self.shared.failure.spawn(&name, move || {
            // Game logic counts into the metrics of this server. A playback discards what its game
            // logic counts.
            with_local_recorder(&metrics, || tick_loop.run())
        })?;
        self.ticks.push(PollingThread { stop, thread });
        Ok(())
    }

    /// Starts the desk, which starts the worlds.
    pub(super) fn start_desk(&mut self, start: DeskStart, wake: WakeSender) -> io::Result<()> {
        let stop = Arc::clone(&start.stop);
        let thread = self.shared.failure.try_spawn("desk", move || desk::run(start))?;
        self.desk = Some((PollingThread { stop, thread }, wake));
        Ok(())
    }

    /// Starts the thread that checks tokens.
    pub(super) fn start_auth(&mut self, service: AuthService) -> io::Result<()> {
        let stop = service.stop();
        let thread = self.shared.failure.try_spawn("auth", move || service.run())?;
        self.auth = Some((stop, thread));
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

/// Stops the threads.
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
        if let (Some(saving), Some((desk, wake))) = (self.saving.take(), &self.desk) {
            report.unsaved = saving.save(|| wake.wake(), || !desk.thread.is_finished());
        }
        // The ticks continue while connections close, so that the worlds and the recording see that
        // their sessions close. The desk passes that on.
        self.shared.edge.begin_stop();
        for io in &self.io {
            io.wake.wake();
        }
        for io in self.io.drain(..) {
            let closed = io.thread.join().unwrap_or_default();
            report.closed += closed.answered;
            report.aborted += closed.aborted;
        }
        if let Some((stop, thread)) = self.auth.take() {
            stop.notify_one();
            let _ = thread.join();
        }
        if let Some((desk, wake)) = self.desk.take() {
            desk.stop.store(true, Ordering::Release);
            wake.wake();
            let _ = desk.thread.join();
        }
        for tick in &self.ticks {
            tick.stop.store(true, Ordering::Relaxed);
        }
        for tick in self.ticks.drain(..) {
            let _ = tick.thread.join();
        }
        // From the shared status: a tick thread that panicked returns nothing.
        report.tick = self.shared.status.tick();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        if let Some(admin) = self.admin.take() {
            admin.wake.wake();
            let _ = admin.thread.join();
        }
        // Last, so that all ticks are recorded.
        if let Some(recorder) = self.recorder.take() {
            recorder.stop();
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
