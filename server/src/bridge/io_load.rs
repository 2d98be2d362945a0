//! The load of an I/O thread: all the time in which it does not wait for an event. Waiting for a
//! core counts as load, because it also leaves no time for more work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The times of one I/O thread, which it writes and the tick thread reads.
#[derive(Debug)]
pub(crate) struct IoLoad {
    start: Instant,
    /// Nanoseconds waited, without the present wait.
    waited: AtomicU64,
    /// When the present wait began, in nanoseconds since `start`. 0: the thread does not wait.
    since: AtomicU64,
}

impl IoLoad {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            waited: AtomicU64::new(0),
            since: AtomicU64::new(0),
        })
    }

    /// Notes that the thread begins to wait.
    pub(crate) fn park(&self) {
        self.since.store(self.now().max(1), Ordering::Relaxed);
    }

    /// Notes that the thread continues.
    pub(crate) fn unpark(&self) {
        let since = self.since.swap(0, Ordering::Relaxed);
        if since > 0 {
            let waited = self.now().saturating_sub(since);
            self.waited.fetch_add(waited, Ordering::Release);
        }
    }

    /// Returns how long it has waited in total. A wait that ends during this call may be missed
    /// until the next one.
    pub(crate) fn waited(&self) -> Duration {
        // In this order a wait that ends in between is missed, and not counted twice.
        let waited = self.waited.load(Ordering::Acquire);
        let since = self.since.load(Ordering::Relaxed);
        let present = if since > 0 {
            self.now().saturating_sub(since)
        } else {
            0
        };
        Duration::from_nanos(waited + present)
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}
