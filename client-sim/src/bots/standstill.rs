//! Records when the server last showed a tick to any bot of any thread, to find its longest
//! standstill.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime},
};

use serde::{Serialize, Serializer};

/// A server sends each client in a room a tick at least every second, so only a longer pause
/// counts. The extra half second allows for the network and the bots.
pub const LONGEST_PAUSE: Duration = Duration::from_millis(1500);
/// A thread of bots checks its clock every 50 ms. If it did not for this long, the thread itself
/// stood still, and does not know what the server did meanwhile.
const OWN_PAUSE: Duration = Duration::from_millis(250);
/// Means that nothing was seen yet. No run lasts 584 years.
const NEVER: u64 = u64::MAX;

/// A stretch of time in which no bot received a tick.
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

/// The server's last sign of life, shared by all threads of a run. A sign is a tick that a bot
/// receives.
#[derive(Debug)]
pub struct TickWatch {
    start: Instant,
    started: SystemTime,
    /// Nanoseconds from the start to the last sign.
    last: AtomicU64,
}

impl TickWatch {
    /// Returns a tick_watch without a sign so far.
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

    /// Records that a bot received a tick. Returns the stretch since the last tick that any bot
    /// received.
    pub fn record(&self, now: Instant) -> Option<Standstill> {
        let now = self.nanos(now);
        // If a different thread has already seen a later sign, this one ends no stretch.
        let set = |last: u64| (last == NEVER || last < now).then_some(now);
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, set)
            .ok()?;
        stretch(last, now)
    }

    /// Discards everything before this moment: the current stretch begins now.
    pub fn restart(&self, now: Instant) {
        let now = self.nanos(now);
        let set = |last: u64| (last != NEVER && last < now).then_some(now);
        // This fails, harmlessly, if nothing was seen yet, or something later.
        let _ = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, set);
    }

    /// Returns the current stretch, up to `now`.
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
    /// Starts with a thread that is awake.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self(now)
    }

    /// Call this regularly. If the thread itself stood still until now, returns since when.
    pub fn look(&mut self, now: Instant) -> Option<Instant> {
        let last = std::mem::replace(&mut self.0, now);
        (now.saturating_duration_since(last) > OWN_PAUSE).then_some(last)
    }
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64() * 1000.0)
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
