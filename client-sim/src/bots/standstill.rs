//! Finds the longest standstill of the server: the longest period in which no bot of any
//! thread received a tick.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime},
};

use serde::{Serialize, Serializer};

/// The default limit. A server sends each client in a room a snapshot at least every 65 ticks
/// (1.08 s), so a pause of up to this limit is not a failure. The remaining 0.4 s allow for the
/// network and the bots.
pub const DEFAULT_MAX_STANDSTILL: Duration = Duration::from_millis(1500);
/// A thread of bots checks its clock every 50 ms. If it has not checked for longer than this, the
/// thread itself stood still, so it cannot judge the server for that time.
const MAX_CHECK_INTERVAL: Duration = Duration::from_millis(250);
/// No tick was received yet. No run lasts 2^64 ns, which is 584 years.
const NEVER: u64 = u64::MAX;

/// A period in which no bot received a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Standstill {
    /// Its length.
    #[serde(serialize_with = "milliseconds", rename = "ms")]
    pub lasted: Duration,
    /// When it began, counted from the beginning of the run.
    #[serde(serialize_with = "seconds", rename = "began_s")]
    pub began: Duration,
}

impl Standstill {
    /// Returns the longer of two.
    #[must_use]
    pub fn longer(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let longest = [one, other].into_iter().flatten();
        longest.max_by_key(|standstill| standstill.lasted)
    }
}

/// The time of the last tick that any bot received. All threads of a run share it.
#[derive(Debug)]
pub struct TickWatch {
    start: Instant,
    started: SystemTime,
    /// Nanoseconds from the start to the last tick, or [`NEVER`].
    last: AtomicU64,
}

impl TickWatch {
    /// Returns a watch that has not seen a tick.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            started: SystemTime::now(),
            last: AtomicU64::new(NEVER),
        }
    }

    /// Returns when the run began, as wall-clock time.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// Records that a bot received a tick. Returns the time since the last tick that any bot
    /// received.
    pub fn record(&self, now: Instant) -> Option<Standstill> {
        let now = self.nanos(now);
        // If a different thread has already recorded a later tick, this one ends no standstill.
        let set = |last: u64| (last == NEVER || last < now).then_some(now);
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, set)
            .ok()?;
        stretch(last, now)
    }

    /// Discards everything before this moment: the current standstill begins now.
    pub fn restart(&self, now: Instant) {
        let now = self.nanos(now);
        let set = |last: u64| (last != NEVER && last < now).then_some(now);
        // Nothing changes if no tick was recorded yet, or a later one was.
        let _ = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, set);
    }

    /// Returns the current standstill, up to `now`.
    #[must_use]
    pub fn current(&self, now: Instant) -> Option<Standstill> {
        stretch(self.last.load(Ordering::Relaxed), self.nanos(now))
    }

    fn nanos(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.start);
        u64::try_from(since.as_nanos()).unwrap_or(NEVER - 1)
    }
}

fn stretch(last: u64, now: u64) -> Option<Standstill> {
    let lasted = now.checked_sub(last).filter(|_| last != NEVER)?;
    Some(Standstill {
        lasted: Duration::from_nanos(lasted),
        began: Duration::from_nanos(last),
    })
}

/// Detects when a thread of bots itself stands still.
#[derive(Clone, Copy, Debug)]
pub struct PauseDetector(Instant);

impl PauseDetector {
    /// Returns a detector for a thread that runs now.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Call this regularly. If the thread stood still until now, returns the start of that pause.
    pub fn check(&mut self, now: Instant) -> Option<Instant> {
        let last = std::mem::replace(&mut self.0, now);
        (now.saturating_duration_since(last) > MAX_CHECK_INTERVAL).then_some(last)
    }
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64() * 1000.0)
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
