//! When ticks start: at absolute deadlines, so that lateness never adds up.

use std::time::{Duration, Instant};

use parlour_shared::limits::TICK_RATE;

/// A sixtieth of a second.
pub(crate) const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / TICK_RATE as u64);
/// The number of late ticks that are caught up on. The time of more is skipped.
const CATCH_UP: u64 = 3;
/// How long other threads have the core after a step that took longer than a tick. Otherwise a
/// world that is too slow would never let go of it: with real-time priority, the I/O threads would
/// starve and every client would be lost.
const REST: Duration = Duration::from_nanos(PERIOD.as_nanos() as u64 / 4);

/// The schedule of deadlines.
#[derive(Debug)]
pub(super) struct Deadlines {
    start: Instant,
    /// The moment of `start`, on the clock that this thread sleeps on.
    #[cfg(target_os = "linux")]
    start_raw: rustix::time::Timespec,
    slot: u64,
    /// The next tick starts no earlier than this, whatever its deadline.
    rest_until: Instant,
}

impl Deadlines {
    /// Starts a schedule whose first deadline is one period from now.
    pub(super) fn start() -> Self {
        let start = Instant::now();
        Self {
            start,
            #[cfg(target_os = "linux")]
            start_raw: rustix::time::clock_gettime(rustix::time::ClockId::Monotonic),
            slot: 1,
            rest_until: start,
        }
    }

    /// Sleeps until the next deadline, or not at all if that is over and no rest is needed. Returns
    /// the deadline.
    pub(super) fn wait(&self) -> Instant {
        let deadline = self.deadline(self.slot);
        let until = deadline.max(self.rest_until);
        if Instant::now() < until {
            self.sleep_until(until);
        }
        deadline
    }

    /// Moves on to the next deadline after a step that took this long and ended `now`. Returns the
    /// number of deadlines that were skipped because `now` is too far behind them.
    pub(super) fn next(&mut self, took: Duration, now: Instant) -> u64 {
        self.slot += 1;
        if took > PERIOD {
            self.rest_until = now + REST;
        }
        let late = now.saturating_duration_since(self.deadline(self.slot));
        let slots = (late.as_nanos() / PERIOD.as_nanos()) as u64;
        if slots <= CATCH_UP {
            return 0;
        }
        self.slot += slots;
        slots
    }

    fn deadline(&self, slot: u64) -> Instant {
        self.start + offset(slot)
    }

    #[cfg(target_os = "linux")]
    fn sleep_until(&self, moment: Instant) {
        use rustix::{io::Errno, thread::clock_nanosleep_absolute, time::ClockId};
        let offset = moment.saturating_duration_since(self.start);
        let nanos = self.start_raw.tv_nsec + i64::from(offset.subsec_nanos());
        let until = rustix::time::Timespec {
            tv_sec: self.start_raw.tv_sec + offset.as_secs() as i64 + nanos / 1_000_000_000,
            tv_nsec: nanos % 1_000_000_000,
        };
        // Measured on Linux: about 0.06 ms late; a tokio timer is 1.1 ms late. A signal may end the
        // sleep early: continue it.
        while clock_nanosleep_absolute(ClockId::Monotonic, &until) == Err(Errno::INTR) {}
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::disallowed_methods)] // The ban says: absolute deadlines in the tick thread. This is it, elsewhere.
    fn sleep_until(&self, deadline: Instant) {
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
    }
}

/// From the number of ticks, not by adding periods: 1/60 s is not a whole number of nanoseconds.
fn offset(slot: u64) -> Duration {
    let rate = u64::from(TICK_RATE);
    Duration::new(slot / rate, (slot % rate * 1_000_000_000 / rate) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_ticks_are_a_second_however_long_it_runs() {
        assert_eq!(offset(60), Duration::from_secs(1));
        assert_eq!(offset(60 * 86_400 * 365), Duration::from_secs(86_400 * 365));
        assert_eq!(offset(1), Duration::from_nanos(16_666_666));
    }

    #[test]
    fn a_little_late_is_made_up_for_and_more_is_skipped() {
        let mut deadlines = Deadlines::start();
        assert_eq!(deadlines.next(PERIOD, deadlines.start + 4 * PERIOD), 0);
        assert_eq!(deadlines.slot, 2);
        let late = deadlines.start + offset(20);
        let skipped = deadlines.next(PERIOD, late);
        assert_eq!((skipped, deadlines.slot), (17, 20));
        assert_eq!(deadlines.next(PERIOD, late), 0);
        assert_eq!(deadlines.slot, 21);
    }

    #[test]
    fn after_a_step_that_took_too_long_others_have_the_core_for_a_while() {
        let mut deadlines = Deadlines::start();
        let end = Instant::now() + 2 * PERIOD;
        assert_eq!(deadlines.next(2 * PERIOD, end), 0);
        deadlines.wait();
        assert!(Instant::now() >= end + REST);
        deadlines.next(PERIOD / 2, end + PERIOD);
        assert_eq!(deadlines.rest_until, end + REST, "a step in time needs no rest");
    }

    #[test]
    fn waits_until_the_deadline_and_not_much_less() {
        let deadlines = Deadlines::start();
        let deadline = deadlines.wait();
        assert!(Instant::now() >= deadline);
        assert!(deadline - deadlines.start >= PERIOD - Duration::from_nanos(1));
    }
}
