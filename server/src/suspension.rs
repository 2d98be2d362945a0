//! Detects suspensions: gaps in which a thread did not run. The time limits of clients do not count
//! them.
//!
//! A process is stopped by a debugger, by SIGSTOP, or while its virtual machine moves. The
//! monotonic clock continues, so every client seems to have been silent. While the whole machine
//! sleeps (a laptop with its lid closed), the monotonic clock of Linux stops. The boot-time clock
//! shows such a gap.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// If a thread did nothing for this long, there was a gap: its timer fires every 100 ms.
pub(crate) const GAP: Duration = Duration::from_millis(500);
/// After a gap, all data that clients sent during the gap arrives at once. The thread accepts it
/// for this long.
const CATCH_UP: Duration = Duration::from_secs(5);

/// The last gap of one thread, which calls [`Self::beat`] at least every 100 ms.
#[derive(Debug)]
pub(crate) struct SuspensionDetector {
    seen: Cell<Instant>,
    /// The start of the last gap. `resumed` is its end. At first the gap is empty.
    stopped: Cell<Instant>,
    resumed: Cell<Instant>,
    /// The total sleep of the machine.
    slept: Cell<Duration>,
}

impl SuspensionDetector {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            seen: Cell::new(now),
            stopped: Cell::new(now),
            resumed: Cell::new(now),
            slept: Cell::new(machine_slept()),
        }
    }

    /// Notes that the thread runs. Returns the length of the gap that ends now, if there is one.
    pub(crate) fn beat(&self, now: Instant) -> Option<Duration> {
        let seen = self.seen.replace(now.max(self.seen.get()));
        let gap = now.saturating_duration_since(seen);
        if gap < GAP {
            return None;
        }
        self.stopped.set(seen);
        self.resumed.set(now);
        Some(gap)
    }

    /// Like [`Self::beat`], for the sleep of the machine. `slept` is its total sleep
    /// ([`machine_slept`]), which costs more to read than the time.
    pub(crate) fn beat_with_sleep(&self, now: Instant, slept: Duration) -> Option<Duration> {
        let gap = slept.saturating_sub(self.slept.replace(slept));
        if gap < GAP {
            return None;
        }
        self.stopped.set(now.checked_sub(gap).unwrap_or(now));
        self.resumed.set(now);
        Some(gap)
    }

    /// Returns the start of a time limit that started `then`, or the end of the last gap if that is
    /// later.
    pub(crate) fn after_gap(&self, then: Instant) -> Instant {
        then.max(self.resumed.get())
    }

    /// Returns the time at which the data that arrives `now` may have been sent: the start of a
    /// gap, if it has just ended. Allowances grow from this time on.
    pub(crate) fn before_gap(&self, now: Instant) -> Instant {
        if now.saturating_duration_since(self.resumed.get()) < CATCH_UP {
            self.stopped.get()
        } else {
            now
        }
    }
}

/// Returns the total sleep of the machine since it started, which is the difference of two clocks.
#[cfg(target_os = "linux")]
pub(crate) fn machine_slept() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    read(ClockId::Boottime).saturating_sub(read(ClockId::Monotonic))
}

/// Returns zero: other systems do not report their sleep.
#[cfg(not(target_os = "linux"))]
pub(crate) fn machine_slept() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_restarts_after_a_gap_and_only_then() {
        let begin = Instant::now();
        let gaps = SuspensionDetector::new(begin);
        let at = |ms| begin + Duration::from_millis(ms);
        assert_eq!((1..50).find_map(|round| gaps.beat(at(100 * round))), None);
        assert_eq!(gaps.after_gap(at(3000)), at(3000));
        assert_eq!(gaps.beat(at(29_900)), Some(Duration::from_secs(25)));
        assert_eq!(gaps.after_gap(at(3000)), at(29_900));
        assert_eq!(gaps.after_gap(at(30_000)), at(30_000));
        assert_eq!(gaps.beat(at(30_000)), None);
        // A time that was read earlier but arrives later is not a gap.
        assert_eq!(gaps.beat(at(29_950)), None);
        assert_eq!(gaps.beat(at(30_100)), None);
    }

    #[test]
    fn the_sleep_of_the_machine_is_a_gap_although_the_monotonic_clock_stops() {
        let begin = Instant::now();
        let gaps = SuspensionDetector::new(begin);
        let slept = machine_slept();
        let now = begin + Duration::from_millis(100);
        assert_eq!(gaps.beat(now), None);
        // The two clocks are not read at the same moment.
        assert_eq!(gaps.beat_with_sleep(now, slept + Duration::from_micros(50)), None);
        let hour = Duration::from_secs(3600);
        let gap = gaps.beat_with_sleep(now, slept + hour).unwrap();
        assert!(gap > hour - Duration::from_millis(1), "{gap:?}");
        assert_eq!(gaps.after_gap(begin), now);
        assert_eq!(gaps.beat_with_sleep(now, slept + hour), None);
    }

    #[test]
    fn messages_sent_during_a_gap_keep_their_allowance_for_five_seconds() {
        let begin = Instant::now();
        let gaps = SuspensionDetector::new(begin);
        let resumed = begin + Duration::from_secs(25);
        gaps.beat(resumed);
        let soon = resumed + Duration::from_secs(1);
        assert_eq!(gaps.before_gap(soon), begin);
        let later = resumed + CATCH_UP;
        assert_eq!(gaps.before_gap(later), later);
    }
}
