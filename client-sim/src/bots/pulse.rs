//! When the server last showed a tick to any bot, over all threads: how long it stood still at most.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime},
};

use serde::{Serialize, Serializer};

/// A server shows each client that is in a room a tick every second at least, so only a pause that is longer is one. The
/// half second more is for what the network and the bots take.
pub const LONGEST_PAUSE: Duration = Duration::from_millis(1500);
/// A thread of bots looks at its clock every 50 ms. If it did not for this long, it stood still itself, and cannot
/// say what the server did meanwhile.
const OWN_PAUSE: Duration = Duration::from_millis(250);
/// Stands for: nothing was seen yet. No run lasts 584 years.
const NEVER: u64 = u64::MAX;

/// A stretch of time in which no bot was shown a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Standstill {
    /// How long it was.
    #[serde(serialize_with = "milliseconds", rename = "ms")]
    pub lasted: Duration,
    /// When it began, counted from the beginning of the run.
    #[serde(serialize_with = "seconds", rename = "began_s")]
    pub began: Duration,
}

impl Standstill {
    /// The longer of two.
    #[must_use]
    pub fn longer(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let longest = [one, other].into_iter().flatten();
        longest.max_by_key(|standstill| standstill.lasted)
    }
}

/// What all threads of a run know of the server's last sign.
#[derive(Debug)]
pub struct Pulse {
    start: Instant,
    started: SystemTime,
    /// Nanoseconds from the start to the last sign.
    last: AtomicU64,
}

impl Pulse {
    /// No sign was seen yet.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self {
            start,
            started: SystemTime::now(),
            last: AtomicU64::new(NEVER),
        }
    }

    /// When the run began, by the clock on the wall.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// A bot was shown a tick. Gives the stretch since the last one that any bot was shown.
    pub fn beat(&self, now: Instant) -> Option<Standstill> {
        let now = self.nanos(now);
        // Another thread may have seen a later sign already; then this one ends no stretch.
        let set = |last: u64| (last == NEVER || last < now).then_some(now);
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, set)
            .ok()?;
        stretch(last, now)
    }

    /// What was before this moment counts no more: the stretch that goes on begins now.
    pub fn begin_again(&self, now: Instant) {
        let now = self.nanos(now);
        let set = |last: u64| (last != NEVER && last < now).then_some(now);
        // Nothing to do if nothing was seen yet, or something later.
        let _ = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, set);
    }

    /// The stretch that goes on, until `now`.
    #[must_use]
    pub fn so_far(&self, now: Instant) -> Option<Standstill> {
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

/// Whether a thread of bots is awake.
#[derive(Clone, Copy, Debug)]
pub struct Awake(Instant);

impl Awake {
    /// It is.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self(now)
    }

    /// It looks at its clock. If it stood still itself until now: since when.
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
