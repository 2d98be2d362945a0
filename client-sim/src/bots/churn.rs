//! Churn: bots that leave, and the sessions that replace them.

use std::time::Duration;

use parlour_shared::rng::{Purpose, Stream};

use super::plan::Plan;

/// The minimum time from the end of a session to its replacement, in microseconds. The maximum is
/// twice as long.
const PAUSE_US: u32 = 250_000;

/// Decides which bot of a thread leaves next, and when.
#[derive(Clone, Debug)]
pub(super) struct Churn {
    bots: Vec<u32>,
    /// The average time between two departures, in microseconds. `None`: no bot leaves.
    every_us: Option<u32>,
    random: Stream,
}

impl Churn {
    /// Returns the churn among these bots.
    pub(super) fn new(plan: &Plan, thread: u32, bots: Vec<u32>) -> Self {
        let per_minute = bots.len() as f64 * plan.churn_percent / 100.0;
        let every_us = (per_minute > 0.0).then(|| (60e6 / per_minute).clamp(1.0, 4e9) as u32);
        let random = Stream::new(plan.seed, thread.into(), Purpose::BotChurn);
        Self {
            bots,
            every_us,
            random,
        }
    }

    /// Returns the time until the next bot leaves, or `None` for never. Varies by half in either
    /// direction.
    pub(super) fn delay(&mut self) -> Option<Duration> {
        let every_us = self.every_us?;
        let micros = u64::from(every_us / 2) + u64::from(self.random.below(every_us));
        Some(Duration::from_micros(micros))
    }

    /// Picks one of the bots. Returns `None` if there are no bots.
    pub(super) fn choose(&mut self) -> Option<u32> {
        let chosen = self.random.below(self.bots.len() as u32);
        self.bots.get(chosen as usize).copied()
    }

    /// Returns the time from the end of a session to its replacement.
    pub(super) fn pause(&mut self) -> Duration {
        Duration::from_micros((PAUSE_US + self.random.below(PAUSE_US)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaving_per_minute(percent: f64, bots: u32) -> u32 {
        let plan = Plan {
            churn_percent: percent,
            ..Plan::default()
        };
        let mut churn = Churn::new(&plan, 0, (0..bots).collect());
        let (mut at, mut count) = (Duration::ZERO, 0);
        while let Some(delay) = churn.delay().filter(|_| at < Duration::from_mins(10)) {
            at += delay;
            count += 1;
        }
        count / 10
    }

    #[test]
    fn the_planned_number_of_bots_leaves() {
        assert_eq!(leaving_per_minute(0.0, 1000), 0);
        assert_eq!(leaving_per_minute(10.0, 0), 0);
        for (percent, bots, expected) in [
            (10.0, 1000, 95..=105),
            (100.0, 200, 190..=210),
            (0.5, 4000, 19..=21),
        ] {
            let count = leaving_per_minute(percent, bots);
            assert!(expected.contains(&count), "{percent} % of {bots}: {count}");
        }
    }

    #[test]
    fn every_bot_may_be_chosen() {
        let mut churn = Churn::new(&Plan::default(), 0, vec![3, 5, 8]);
        let chosen: std::collections::BTreeSet<_> = (0..100).filter_map(|_| churn.choose()).collect();
        assert_eq!(chosen, [3, 5, 8].into());
    }
}
