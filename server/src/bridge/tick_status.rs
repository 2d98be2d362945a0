//! The state of the tick threads and the desk that other threads can read without asking them.

use std::{
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use parlour_shared::ids::Tick;
use parlour_tick::{Pace, PaceLevel};

use super::progress::Progress;

/// The state of all tick threads, by number, and of the desk.
#[derive(Debug)]
pub(crate) struct TickThreads {
    threads: Box<[TickStatus]>,
    desk: Progress,
}

impl TickThreads {
    /// Creates the state of this number of threads, before their first ticks.
    pub(crate) fn new(threads: usize) -> Self {
        Self {
            threads: (0..threads).map(|_| TickStatus::new()).collect(),
            desk: Progress::new(),
        }
    }

    /// Returns the state of a thread. A number that no thread has is that of the first.
    pub(crate) fn thread(&self, thread: usize) -> &TickStatus {
        self.threads.get(thread).unwrap_or(&self.threads[0])
    }

    /// Returns the threads, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TickStatus> {
        self.threads.iter()
    }

    /// Returns the progress of the desk.
    pub(crate) fn desk(&self) -> &Progress {
        &self.desk
    }

    /// Returns the last finished tick of the main world.
    pub(crate) fn tick(&self) -> Tick {
        self.threads[0].tick()
    }

    /// Returns the longest time for which a tick thread or the desk has not advanced, if that is
    /// longer than any load explains.
    pub(crate) fn frozen(&self) -> Option<Duration> {
        let threads = self.iter().map(|thread| &thread.progress);
        threads.chain([&self.desk]).filter_map(Progress::frozen).max()
    }

    /// Returns whether no tick thread advances.
    pub(crate) fn all_are_frozen(&self) -> bool {
        self.iter().all(|thread| thread.progress.frozen().is_some())
    }

    /// Returns whether a session should not be opened now: no tick thread advances, or the desk
    /// stands still. One tick thread is enough, because new rooms are created on it.
    pub(crate) fn is_frozen(&self) -> bool {
        self.all_are_frozen() || self.desk.frozen().is_some()
    }

    /// Returns how long ago the last tick of any thread was over.
    pub(crate) fn age(&self) -> Duration {
        let ages = self.iter().map(|thread| thread.progress.age());
        ages.min().unwrap_or_default()
    }
}

/// The last tick of one thread, and when it was over.
#[derive(Debug)]
pub(crate) struct TickStatus {
    progress: Progress,
    tick: AtomicU32,
    steps: AtomicU32,
    pace_level: AtomicU8,
    skipped: AtomicU64,
}

impl TickStatus {
    fn new() -> Self {
        Self {
            progress: Progress::new(),
            tick: AtomicU32::new(0),
            steps: AtomicU32::new(0),
            pace_level: AtomicU8::new(0),
            skipped: AtomicU64::new(0),
        }
    }

    /// Returns the progress of its ticks.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Notes that the thread has stepped its worlds. `tick` is the tick of its first world.
    pub(crate) fn advanced(&self, tick: Option<Tick>) {
        self.progress.advanced();
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
}
