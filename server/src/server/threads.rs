//! The threads of a server, and how they end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use super::StopReport;
use crate::{
    bridge::{tick_status::TickStatus, wake::WakeSender},
    edge::{Closed, EdgeShared},
    failure::Failure,
    recording::live::RecorderThreads,
};

/// What runs. Stops when dropped.
pub(super) struct Threads {
    pub(super) failure: Arc<Failure>,
    pub(super) edge: Arc<EdgeShared>,
    pub(super) status: Arc<TickStatus>,
    pub(super) io: Vec<Io>,
    pub(super) admin: Option<Io>,
    pub(super) tick_stop: Arc<AtomicBool>,
    pub(super) tick: Option<JoinHandle<()>>,
    pub(super) live: Option<RecorderThreads>,
    /// Reads ahead, if the past is served. Ends by itself after the tick thread.
    pub(super) past: Option<JoinHandle<()>>,
    /// How they ended.
    pub(super) report: Option<StopReport>,
}

/// An I/O thread and what wakes it.
pub(super) struct Io {
    pub(super) wake: Arc<WakeSender>,
    pub(super) thread: JoinHandle<Closed>,
}

impl Threads {
    /// Ends them. The second time there is only the report of the first.
    pub(super) fn stop(&mut self) -> StopReport {
        if let Some(report) = &self.report {
            return report.clone();
        }
        let report = self.end();
        self.failure.stopped();
        self.report.insert(report).clone()
    }

    fn end(&mut self) -> StopReport {
        let mut report = StopReport::default();
        // The tick goes on while connections end, so that the world hears of it.
        self.edge.begin_stop();
        for io in &self.io {
            io.wake.wake();
        }
        for io in self.io.drain(..) {
            let closed = io.thread.join().unwrap_or_default();
            report.closed += closed.answered;
            report.aborted += closed.aborted;
        }
        self.tick_stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.tick.take() {
            let _ = thread.join();
        }
        // Not from the thread: one that panicked knows nothing any more.
        report.tick = self.status.tick();
        if let Some(past) = self.past.take() {
            let _ = past.join();
        }
        if let Some(admin) = self.admin.take() {
            admin.wake.wake();
            let _ = admin.thread.join();
        }
        // Last: what happened until now is written.
        if let Some(live) = self.live.take() {
            live.stop();
        }
        report.failure = self.failure.get().cloned();
        report
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop();
    }
}
