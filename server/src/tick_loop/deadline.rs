//! The deadlines at which ticks start, and the wait for them. Deadlines are absolute, so that
//! lateness never accumulates.

use std::time::{Duration, Instant};

use parlour_shared::limits::TICK_RATE;

/// The time between two deadlines: 1/60 s, rounded down to nanoseconds.
pub(crate) const PERIOD: Duration = Duration::from_nanos(1_000_000_000 / TICK_RATE as u64);
/// The maximum number of late ticks that are run without a pause, to catch up. If more are late,
/// the deadlines of all late ticks are skipped.
const CATCH_UP: u64 = 3;
/// The minimum sleep after a step that took longer than a tick. Without it a world that is too slow
/// would never leave its core: with real-time priority, the I/O threads would starve, and every
/// client would be lost.
const REST: Duration = Duration::from_nanos(PERIOD.as_nanos() as u64 / 4);

/// The deadlines of all ticks.
#[derive(Debug)]
pub(super) struct Deadlines {
    start: Instant,
    /// The time of `start` on the clock of `clock_nanosleep`.
    #[cfg(target_os = "linux")]
    start_raw: rustix::time::Timespec,
    /// The number of the next deadline.
    slot: u64,
    /// The next tick does not start before this time, whatever its deadline.
    rest_until: Instant,
}

impl Deadlines {
    /// Returns deadlines of which the first is one period from now.
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

    /// Sleeps until the next deadline, and returns it. Does not sleep if the deadline is over, and
    /// no rest is needed.
    pub(super) fn wait(&self) -> Instant {
        let deadline = self.deadline(self.slot);
        let until = deadline.max(self.rest_until);
        if Instant::now() < until {
            self.sleep_until(until);
        }
        deadline
    }

    /// Moves on to the next deadline, after a step that took this long and ended `now`. Returns the
    /// number of skipped deadlines, which is 0 unless more than [`CATCH_UP`] are over.
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
        // Measured on Linux: this wakes about 0.06 ms late, and a tokio timer 1.1 ms late. A signal
        // ends the sleep early, which is then continued.
        while clock_nanosleep_absolute(ClockId::Monotonic, &until) == Err(Errno::INTR) {}
    }

    #[cfg(not(target_os = "linux"))]
    // Sleeping is banned in favour of absolute deadlines. Other systems have no absolute sleep.
    #[allow(clippy::disallowed_methods)]
    fn sleep_until(&self, deadline: Instant) {
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
    }
}

/// Returns the time of a deadline since the start. It is computed from the number of the deadline,
/// because 1/60 s is not a whole number of nanoseconds, and adding periods would drift.
fn offset(slot: u64) -> Duration {
    let rate = u64::from(TICK_RATE);
    Duration::new(slot / rate, (slot % rate * 1_000_000_000 / rate) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_ticks_take_exactly_a_second_even_after_a_year() {
        assert_eq!(offset(60), Duration::from_secs(1));
        assert_eq!(offset(60 * 86_400 * 365), Duration::from_secs(86_400 * 365));
        assert_eq!(offset(1), Duration::from_nanos(16_666_666));
    }

    #[test]
    fn a_few_late_ticks_are_caught_up_on_and_more_are_skipped() {
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
    fn a_step_that_took_too_long_is_followed_by_a_rest() {
        let mut deadlines = Deadlines::start();
        let end = Instant::now() + 2 * PERIOD;
        assert_eq!(deadlines.next(2 * PERIOD, end), 0);
        deadlines.wait();
        assert!(Instant::now() >= end + REST);
        deadlines.next(PERIOD / 2, end + PERIOD);
        assert_eq!(
            deadlines.rest_until,
            end + REST,
            "a step within its period needs no rest"
        );
    }

    #[test]
    fn the_wait_ends_after_the_deadline() {
        let deadlines = Deadlines::start();
        let deadline = deadlines.wait();
        assert!(Instant::now() >= deadline);
        assert!(deadline - deadlines.start >= PERIOD - Duration::from_nanos(1));
    }
}
