//! How busy an I/O thread is: all the time in which it does not wait for something to happen. Waiting for a core counts
//! as busy, for it means the same: there is no room for more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Written by one I/O thread, read by the tick thread.
#[derive(Debug)]
pub(crate) struct IoLoad {
    start: Instant,
    /// Nanoseconds waited, without the present wait.
    waited: AtomicU64,
    /// When the present wait began, in nanoseconds since `start`; 0: the thread does not wait.
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

    /// The thread begins to wait.
    pub(crate) fn park(&self) {
        self.since.store(self.now().max(1), Ordering::Relaxed);
    }

    /// The thread goes on.
    pub(crate) fn unpark(&self) {
        let since = self.since.swap(0, Ordering::Relaxed);
        if since > 0 {
            let waited = self.now().saturating_sub(since);
            self.waited.fetch_add(waited, Ordering::Release);
        }
    }

    /// How long it has waited in all. A wait that ends while this is called may be missed, until the next call.
    pub(crate) fn waited(&self) -> Duration {
        // In this order: what ends in between is missed, and not counted twice.
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
