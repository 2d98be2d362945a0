//! Measures the share of its time that a tick thread uses, for the choice of threads for worlds.

use std::time::{Duration, Instant};

/// The time between two results.
const WINDOW: Duration = Duration::from_secs(1);

/// Sums up the durations of ticks.
#[derive(Debug)]
pub(super) struct LoadMeter {
    began: Instant,
    used: Duration,
}

impl LoadMeter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            used: Duration::ZERO,
        }
    }

    /// Notes the end of a tick that took this long. Returns the share of the time since the last
    /// result, once per second.
    pub(super) fn ticked(&mut self, took: Duration, now: Instant) -> Option<f32> {
        self.used += took;
        let elapsed = now.saturating_duration_since(self.began);
        if elapsed < WINDOW {
            return None;
        }
        let used = std::mem::take(&mut self.used);
        self.began = now;
        Some(used.div_duration_f32(elapsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_the_last_second_is_returned_once_per_second() {
        let begin = Instant::now();
        let mut load = LoadMeter::new(begin);
        let at = |ms| begin + Duration::from_millis(ms);
        let tick = Duration::from_millis(10);
        let results: Vec<_> = (1..=200).filter_map(|n| load.ticked(tick, at(20 * n))).collect();
        assert_eq!(results.len(), 4);
        assert!(
            results.iter().all(|load| (load - 0.5).abs() < 0.01),
            "{results:?}"
        );
    }
}
