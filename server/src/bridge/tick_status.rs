//! What others may know of the tick thread without asking it.

use std::{
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parlour_shared::ids::Tick;
use parlour_tick::{Pace, PaceLevel};

/// The last tick, and when it was over.
#[derive(Debug)]
pub(crate) struct TickStatus {
    start: Instant,
    tick: AtomicU32,
    steps: AtomicU32,
    advanced_us: AtomicU64,
    pace_step: AtomicU8,
    skipped: AtomicU64,
    /// For how long it has not advanced, in milliseconds; 0 while it does.
    frozen_ms: AtomicU64,
}

impl TickStatus {
    /// No tick yet.
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            tick: AtomicU32::new(0),
            steps: AtomicU32::new(0),
            advanced_us: AtomicU64::new(0),
            pace_step: AtomicU8::new(0),
            skipped: AtomicU64::new(0),
            frozen_ms: AtomicU64::new(0),
        }
    }

    /// A step is over, and with it, as a rule, a tick.
    pub(crate) fn advanced(&self, tick: Tick) {
        let us = self.start.elapsed().as_micros() as u64;
        self.advanced_us.store(us, Ordering::Relaxed);
        // After the time: who reads a tick reads the time of that tick or a later one.
        self.tick.store(tick.0, Ordering::Release);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// So many more ticks were left out.
    pub(crate) fn add_skipped(&self, ticks: u64) {
        self.skipped.fetch_add(ticks, Ordering::Relaxed);
    }

    /// How many ticks were left out since the start.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// How far down the cadence is.
    pub(crate) fn set_pace(&self, pace: Pace) {
        let step = match pace {
            Pace::Fixed(_) => PaceLevel::FULL,
            Pace::Adaptive(step) => step,
        };
        self.pace_step.store(step.number(), Ordering::Relaxed);
    }

    /// How many steps down from as often as can be snapshots are sent now; a fixed cadence is none.
    pub(crate) fn pace_step(&self) -> u8 {
        self.pace_step.load(Ordering::Relaxed)
    }

    /// The last tick that is over.
    pub(crate) fn tick(&self) -> Tick {
        Tick(self.tick.load(Ordering::Acquire))
    }

    /// How many steps are over, modulo 2^32: they go on while the past stands still.
    pub(crate) fn steps(&self) -> u32 {
        self.steps.load(Ordering::Relaxed)
    }

    /// When it was over.
    pub(crate) fn advanced_at(&self) -> Instant {
        self.start + Duration::from_micros(self.advanced_us.load(Ordering::Relaxed))
    }

    /// How long ago it was over.
    pub(crate) fn age(&self) -> Duration {
        self.advanced_at().elapsed()
    }

    /// The tick has not advanced for so long, in the running time of the thread that watches it; 0: it does.
    pub(crate) fn set_frozen(&self, frozen: Duration) {
        let ms = frozen.as_millis().try_into().unwrap_or(u64::MAX);
        self.frozen_ms.store(ms, Ordering::Relaxed);
    }

    /// For how long the tick has not advanced, if that is longer than any load explains.
    pub(crate) fn frozen(&self) -> Option<Duration> {
        let ms = self.frozen_ms.load(Ordering::Relaxed);
        (ms > 0).then(|| Duration::from_millis(ms))
    }

    /// Whether there is no use in opening a session now.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen().is_some()
    }
}
