//! Notices when a thread was not run, so that time limits of clients do not count that time.
//!
//! A process can be stopped by a debugger, by SIGSTOP, or while its virtual machine moves. The
//! monotonic clock continues, so afterwards every client seems to have been silent. While the whole
//! machine sleeps (a laptop with its lid closed), the monotonic clock of Linux stops; the boot-time
//! clock shows such a gap.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// A thread that did nothing for this long was not run: its timer fires every 100 ms.
pub(crate) const GAP: Duration = Duration::from_millis(500);
/// After a gap, everything that clients sent during it arrives within moments. It is admitted for
/// this long.
const CATCH_UP: Duration = Duration::from_secs(5);

/// When one thread ran. The thread calls [`Self::beat`] at least every 100 ms.
#[derive(Debug)]
pub(crate) struct ThreadGaps {
    seen: Cell<Instant>,
    /// The start of the last gap; `resumed` is its end. At first the gap is empty.
    stopped: Cell<Instant>,
    resumed: Cell<Instant>,
    /// How long the machine has slept in total.
    slept: Cell<Duration>,
}

impl ThreadGaps {
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

    /// Like [`Self::beat`], for the sleep of the machine, which is `slept` in total
    /// ([`machine_slept`]). It costs more.
    pub(crate) fn beat_awake(&self, now: Instant, slept: Duration) -> Option<Duration> {
        let gap = slept.saturating_sub(self.slept.replace(slept));
        if gap < GAP {
            return None;
        }
        self.stopped.set(now.checked_sub(gap).unwrap_or(now));
        self.resumed.set(now);
        Some(gap)
    }

    /// Returns the start of a time limit that began `then`: the end of the last gap, if that is
    /// later.
    pub(crate) fn fresh(&self, then: Instant) -> Instant {
        then.max(self.resumed.get())
    }

    /// Returns since when allowances have grown for data that arrives `now`: since the start of a
    /// gap that has just ended.
    pub(crate) fn accrued(&self, now: Instant) -> Instant {
        if now.saturating_duration_since(self.resumed.get()) < CATCH_UP {
            self.stopped.get()
        } else {
            now
        }
    }
}

/// Returns how long the machine has slept since it started: the difference of its clocks.
#[cfg(target_os = "linux")]
pub(crate) fn machine_slept() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    read(ClockId::Boottime).saturating_sub(read(ClockId::Monotonic))
}

/// Other systems do not report it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn machine_slept() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_gap_every_limit_begins_again_and_not_before() {
        let begin = Instant::now();
        let running = ThreadGaps::new(begin);
        let at = |ms| begin + Duration::from_millis(ms);
        assert_eq!((1..50).find_map(|round| running.beat(at(100 * round))), None);
        assert_eq!(running.fresh(at(3000)), at(3000));
        assert_eq!(running.beat(at(29_900)), Some(Duration::from_secs(25)));
        assert_eq!(running.fresh(at(3000)), at(29_900));
        assert_eq!(running.fresh(at(30_000)), at(30_000));
        assert_eq!(running.beat(at(30_000)), None);
        // A time that was read earlier but arrives later is not a gap.
        assert_eq!(running.beat(at(29_950)), None);
        assert_eq!(running.beat(at(30_100)), None);
    }

    #[test]
    fn the_sleep_of_the_machine_is_a_gap_although_the_clock_stood_still() {
        let begin = Instant::now();
        let running = ThreadGaps::new(begin);
        let slept = machine_slept();
        let now = begin + Duration::from_millis(100);
        assert_eq!(running.beat(now), None);
        // The two clocks are not read at the same moment.
        assert_eq!(running.beat_awake(now, slept + Duration::from_micros(50)), None);
        let hour = Duration::from_secs(3600);
        let gap = running.beat_awake(now, slept + hour).unwrap();
        assert!(gap > hour - Duration::from_millis(1), "{gap:?}");
        assert_eq!(running.fresh(begin), now);
        assert_eq!(running.beat_awake(now, slept + hour), None);
    }

    #[test]
    fn messages_sent_during_a_gap_keep_their_allowance_for_a_while() {
        let begin = Instant::now();
        let running = ThreadGaps::new(begin);
        let resumed = begin + Duration::from_secs(25);
        running.beat(resumed);
        let soon = resumed + Duration::from_secs(1);
        assert_eq!(running.accrued(soon), begin);
        let later = resumed + CATCH_UP;
        assert_eq!(running.accrued(later), later);
    }
}
