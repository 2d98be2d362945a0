//! Measures the share of its time that a tick thread uses, and whether it is late all the time, for
//! the choice of threads for worlds.

use std::time::{Duration, Instant};

use super::deadline::PERIOD;

/// The time between two results, which are of two ticks at least.
const WINDOW: Duration = Duration::from_secs(1);

/// Sums up the durations of ticks.
#[derive(Debug)]
pub(super) struct LoadMeter {
    began: Instant,
    ticks: u32,
    used: Duration,
    longest: Duration,
}

/// What a tick thread did in the last second.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThreadSecond {
    /// Usually a second. More if ticks took long.
    pub(super) length: Duration,
    /// The share of that time that the ticks took.
    pub(super) load: f32,
    /// Whether the ticks took longer than their period on average, also without the longest tick: a
    /// single hang is over when it is measured.
    pub(super) overran: bool,
}

impl LoadMeter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            ticks: 0,
            used: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }

    /// Notes the end of a tick that took this long. Returns a result once per second.
    pub(super) fn ticked(&mut self, took: Duration, now: Instant) -> Option<ThreadSecond> {
        self.ticks += 1;
        self.used += took;
        self.longest = self.longest.max(took);
        let length = now.saturating_duration_since(self.began);
        if length < WINDOW || self.ticks < 2 {
            return None;
        }
        let Self {
            ticks, used, longest, ..
        } = std::mem::replace(self, Self::new(now));
        Some(ThreadSecond {
            length,
            load: used.div_duration_f32(length),
            overran: used - longest > PERIOD * (ticks - 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs ticks that take this many milliseconds, each with a pause after it.
    fn run(ticks: impl IntoIterator<Item = u64>, pause: u64) -> Vec<ThreadSecond> {
        let mut now = Instant::now();
        let mut load = LoadMeter::new(now);
        let ticks = ticks.into_iter().filter_map(|took| {
            let took = Duration::from_millis(took);
            now += took + Duration::from_millis(pause);
            load.ticked(took, now)
        });
        ticks.collect()
    }

    #[test]
    fn the_share_of_the_last_second_is_returned_once_per_second() {
        let results = run([10; 200], 10);
        assert_eq!(results.len(), 4);
        for second in results {
            assert!((second.load - 0.5).abs() < 0.01, "{second:?}");
            assert!(!second.overran);
        }
    }

    #[test]
    fn a_thread_overruns_if_its_ticks_take_longer_than_their_period_on_average() {
        let all = |results: Vec<ThreadSecond>, overran| {
            assert!(!results.is_empty());
            assert!(
                results.iter().all(|second| second.overran == overran),
                "{results:?}"
            );
        };
        all(run([16; 200], 0), false);
        all(run([18; 200], 4), true);
        all(run((0..200).map(|nth| nth % 2 * 40), 4), true);
        // Ticks that take longer than a second: a result has two of them.
        assert_eq!(run([1500; 6], 4).len(), 3);
        all(run([1500; 6], 4), true);
    }

    #[test]
    fn a_single_hang_is_not_an_overrun() {
        let hang = (0..200).map(|nth| if nth == 60 { 2000 } else { 1 });
        let results = run(hang, 15);
        assert!(
            results
                .iter()
                .any(|second| second.length > Duration::from_secs(2)),
            "{results:?}"
        );
        assert!(results.iter().all(|second| !second.overran), "{results:?}");
    }
}
