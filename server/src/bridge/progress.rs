//! Whether a thread goes on, for threads that watch it: one that hangs cannot say so.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// When a thread last finished a round of its work, and whether it stands still.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    /// In microseconds after `start`. 0: no round is finished yet.
    advanced_us: AtomicU64,
    /// How long the thread has not advanced, in milliseconds. 0 while it advances.
    frozen_ms: AtomicU64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            advanced_us: AtomicU64::new(0),
            frozen_ms: AtomicU64::new(0),
        }
    }

    /// Notes that a round is finished.
    pub(crate) fn advanced(&self) {
        let us = self.start.elapsed().as_micros() as u64;
        self.advanced_us.store(us.max(1), Ordering::Relaxed);
    }

    /// Returns whether the thread has finished its first round.
    pub(crate) fn has_begun(&self) -> bool {
        self.advanced_us.load(Ordering::Relaxed) > 0
    }

    /// Returns when the last round was finished.
    pub(crate) fn advanced_at(&self) -> Instant {
        self.start + Duration::from_micros(self.advanced_us.load(Ordering::Relaxed))
    }

    /// Returns how long ago the last round was finished.
    pub(crate) fn age(&self) -> Duration {
        self.advanced_at().elapsed()
    }

    /// Sets how long the thread has not advanced, in the running time of the thread that watches
    /// it. 0: it advances.
    pub(crate) fn set_frozen(&self, frozen: Duration) {
        let ms = frozen.as_millis().try_into().unwrap_or(u64::MAX);
        self.frozen_ms.store(ms, Ordering::Relaxed);
    }

    /// Returns how long the thread has not advanced, if that is longer than any load explains.
    pub(crate) fn frozen(&self) -> Option<Duration> {
        let ms = self.frozen_ms.load(Ordering::Relaxed);
        (ms > 0).then(|| Duration::from_millis(ms))
    }
}
