//! The schedule of the sweep: the time at which it must check each place of the table. It is a list
//! of one small number per place, so thousands of connections with nothing due cost only one pass
//! over the list.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// The unit of time of the schedule. A place is checked up to one interval after it is due, and
/// never early.
pub(super) const INTERVAL: Duration = Duration::from_millis(100);
/// The place is not due. As a number of intervals, this is 13 years after the start.
const NEVER: u32 = u32::MAX;

/// The interval in which each place is due.
pub(super) struct SweepSchedule {
    begin: Instant,
    places: Vec<Cell<u32>>,
}

impl SweepSchedule {
    /// Creates a schedule without places.
    pub(super) fn new(begin: Instant) -> Self {
        Self {
            begin,
            places: Vec::new(),
        }
    }

    /// Adds a place with nothing due.
    pub(super) fn add_place(&mut self) {
        self.places.push(Cell::new(NEVER));
    }

    /// Clears a place.
    pub(super) fn forget(&self, place: usize) {
        if let Some(due) = self.places.get(place) {
            due.set(NEVER);
        }
    }

    /// Schedules a check of a place at this time, unless an earlier one is scheduled.
    pub(super) fn schedule(&self, place: usize, when: Instant) {
        let intervals = self.since_begin(when).div_ceil(INTERVAL.as_nanos());
        if let Some(due) = self.places.get(place) {
            due.set(due.get().min(intervals.try_into().unwrap_or(NEVER)));
        }
    }

    /// Returns the first place from `from` on that is due now, and clears it.
    pub(super) fn take_due(&self, from: usize, now: Instant) -> Option<usize> {
        // Below `NEVER`, so that a place without a check is never due.
        let current = (self.since_begin(now) / INTERVAL.as_nanos()).min(u128::from(NEVER - 1)) as u32;
        let place = from
            + self
                .places
                .get(from..)?
                .iter()
                .position(|due| due.get() <= current)?;
        self.forget(place);
        Some(place)
    }

    fn since_begin(&self, when: Instant) -> u128 {
        when.saturating_duration_since(self.begin).as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn due(schedule: &SweepSchedule, now: Instant) -> Vec<usize> {
        let next = |from: &usize| schedule.take_due(*from, now).map(|place| place + 1);
        std::iter::successors(next(&0), next)
            .map(|after| after - 1)
            .collect()
    }

    #[test]
    fn a_place_is_due_once_at_the_earliest_of_its_times() {
        let begin = Instant::now();
        let mut schedule = SweepSchedule::new(begin);
        (0..3).for_each(|_| schedule.add_place());
        schedule.schedule(1, begin + 5 * INTERVAL);
        schedule.schedule(1, begin + 2 * INTERVAL);
        schedule.schedule(1, begin + 9 * INTERVAL);
        schedule.schedule(2, begin + 2 * INTERVAL);
        schedule.schedule(0, begin + 3 * INTERVAL);
        schedule.forget(0);
        assert_eq!(due(&schedule, begin + INTERVAL), [0_usize; 0]);
        assert_eq!(due(&schedule, begin + 2 * INTERVAL), [1, 2]);
        assert_eq!(due(&schedule, begin + 1000 * INTERVAL), [0_usize; 0]);
        assert_eq!(schedule.take_due(3, begin), None);
        assert_eq!(schedule.take_due(4, begin), None);
    }

    proptest! {
        #[test]
        fn a_place_is_never_due_early_and_at_most_one_interval_late(millis in 0_u64..100_000, step in 1_u64..500) {
            let begin = Instant::now();
            let mut schedule = SweepSchedule::new(begin);
            schedule.add_place();
            let when = begin + Duration::from_millis(millis);
            schedule.schedule(0, when);
            let step = Duration::from_millis(step);
            let mut now = begin;
            while schedule.take_due(0, now).is_none() {
                prop_assert!(now < when + INTERVAL);
                now += step;
            }
            prop_assert!(now >= when);
        }
    }
}
