//! The state of the tick threads that other threads can read without asking them.

use std::{
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parlour_shared::ids::Tick;
use parlour_tick::{Pace, PaceLevel};

/// The state of all tick threads, by number.
#[derive(Debug)]
pub(crate) struct TickThreads(Box<[TickStatus]>);

impl TickThreads {
    /// Creates the state of this number of threads, before their first ticks.
    pub(crate) fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| TickStatus::new()).collect())
    }

    /// Returns the state of a thread. A number that no thread has is that of the first.
    pub(crate) fn thread(&self, thread: usize) -> &TickStatus {
        self.0.get(thread).unwrap_or(&self.0[0])
    }

    /// Returns the threads, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TickStatus> {
        self.0.iter()
    }

    /// Returns the last finished tick of the main world.
    pub(crate) fn tick(&self) -> Tick {
        self.0[0].tick()
    }

    /// Returns the longest time for which a thread has not advanced, if that is longer than any
    /// load explains.
    pub(crate) fn frozen(&self) -> Option<Duration> {
        self.iter().filter_map(TickStatus::frozen).max()
    }

    /// Returns whether a session should not be opened now: a thread stands still.
    pub(crate) fn is_frozen(&self) -> bool {
        self.iter().any(|thread| thread.frozen().is_some())
    }

    /// Returns how long ago the last tick of the thread was over that has not advanced for the
    /// longest time.
    pub(crate) fn age(&self) -> Duration {
        self.iter().map(TickStatus::age).max().unwrap_or_default()
    }
}

/// The last tick of one thread, and when it was over.
#[derive(Debug)]
pub(crate) struct TickStatus {
    start: Instant,
    tick: AtomicU32,
    steps: AtomicU32,
    advanced_us: AtomicU64,
    pace_level: AtomicU8,
    skipped: AtomicU64,
    /// How long the tick has not advanced, in milliseconds. 0 while it advances.
    frozen_ms: AtomicU64,
}

impl TickStatus {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            tick: AtomicU32::new(0),
            steps: AtomicU32::new(0),
            advanced_us: AtomicU64::new(0),
            pace_level: AtomicU8::new(0),
            skipped: AtomicU64::new(0),
            frozen_ms: AtomicU64::new(0),
        }
    }

    /// Notes that the thread has stepped its worlds. `tick` is the tick of its first world.
    pub(crate) fn advanced(&self, tick: Option<Tick>) {
        let us = self.start.elapsed().as_micros() as u64;
        self.advanced_us.store(us, Ordering::Relaxed);
        // After the time, so that a thread that reads a tick reads the time of that tick or of a
        // later one.
        if let Some(tick) = tick {
            self.tick.store(tick.0, Ordering::Release);
        }
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds skipped ticks.
    pub(crate) fn add_skipped(&self, ticks: u64) {
        self.skipped.fetch_add(ticks, Ordering::Relaxed);
    }

    /// Returns the number of ticks skipped since the start.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Sets the pace.
    pub(crate) fn set_pace(&self, pace: Pace) {
        let level = match pace {
            Pace::Fixed(_) => PaceLevel::FULL,
            Pace::Adaptive(level) => level,
        };
        self.pace_level.store(level.number(), Ordering::Relaxed);
    }

    /// Returns how many levels the pace is below the fastest. A fixed cadence is 0.
    pub(crate) fn pace_level(&self) -> u8 {
        self.pace_level.load(Ordering::Relaxed)
    }

    /// Returns the last finished tick of its first world. It stays when that world is over.
    pub(crate) fn tick(&self) -> Tick {
        Tick(self.tick.load(Ordering::Acquire))
    }

    /// Returns the number of finished steps, modulo 2^32. They continue while a playback is paused.
    pub(crate) fn steps(&self) -> u32 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Returns when the last tick was over.
    pub(crate) fn advanced_at(&self) -> Instant {
        self.start + Duration::from_micros(self.advanced_us.load(Ordering::Relaxed))
    }

    fn age(&self) -> Duration {
        self.advanced_at().elapsed()
    }

    /// Sets how long the tick has not advanced, in the running time of the thread that watches it.
    /// 0: it advances.
    pub(crate) fn set_frozen(&self, frozen: Duration) {
        let ms = frozen.as_millis().try_into().unwrap_or(u64::MAX);
        self.frozen_ms.store(ms, Ordering::Relaxed);
    }

    /// Returns how long the tick has not advanced, if that is longer than any load explains.
    pub(crate) fn frozen(&self) -> Option<Duration> {
        let ms = self.frozen_ms.load(Ordering::Relaxed);
        (ms > 0).then(|| Duration::from_millis(ms))
    }
}
