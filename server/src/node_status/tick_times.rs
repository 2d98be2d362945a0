//! The tick times of one world: a histogram of the last seconds, without an allocation.

use std::time::{Duration, Instant};

/// Buckets for each doubling of the time. With 4, a bucket is at most a quarter wider than its
/// lower bound.
const PER_OCTAVE: usize = 4;
/// Doublings after 4 us, up to 4.2 s. A longer time counts as that.
const OCTAVES: usize = 20;
/// The first buckets hold 0, 1, 2 and 3 us.
const BUCKETS: usize = PER_OCTAVE * (OCTAVES + 1);
/// The times of the last 5 to 10 s count.
const WINDOW: Duration = Duration::from_secs(5);

/// The times of the ticks of a world in the last 5 to 10 s. 680 bytes per world.
#[derive(Clone, Debug)]
pub(crate) struct TickTimes {
    current: Window,
    previous: Window,
    /// When the current window began.
    since: Instant,
}

/// Counts by bucket, and the longest time.
#[derive(Clone, Debug)]
struct Window {
    counts: [u32; BUCKETS],
    longest: u32,
}

/// A summary of tick times, in microseconds. Half of the ticks took at most `p50_us`, and 99 of
/// 100 at most `p99_us`; both are up to a quarter too long, but not longer than `max_us`. All are 0
/// without ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct TimeSummary {
    /// The median.
    #[serde(rename = "p50")]
    pub(crate) p50_us: u32,
    /// The 99th percentile.
    #[serde(rename = "p99")]
    pub(crate) p99_us: u32,
    /// The longest.
    #[serde(rename = "max")]
    pub(crate) max_us: u32,
}

impl TickTimes {
    /// Returns an empty histogram.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            current: Window::EMPTY,
            previous: Window::EMPTY,
            since: now,
        }
    }

    /// Adds the time of a tick.
    pub(crate) fn add(&mut self, time: Duration) {
        let us = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.current.counts[bucket(us)] += 1;
        self.current.longest = self.current.longest.max(us);
    }

    /// Returns the summary. Called about once a second: times that are too old are dropped here.
    pub(crate) fn summary(&mut self, now: Instant) -> TimeSummary {
        let age = now.saturating_duration_since(self.since);
        let summary = self.current.with(&self.previous);
        if age >= WINDOW {
            let finished = std::mem::replace(&mut self.current, Window::EMPTY);
            self.previous = finished;
            self.since = now;
        }
        summary
    }
}

impl Window {
    const EMPTY: Self = Self {
        counts: [0; BUCKETS],
        longest: 0,
    };

    /// Returns the summary of two windows.
    fn with(&self, other: &Self) -> TimeSummary {
        let count = |(one, two): (&u32, &u32)| u64::from(*one) + u64::from(*two);
        let counts = || self.counts.iter().zip(&other.counts).map(count);
        let total: u64 = counts().sum();
        let max_us = self.longest.max(other.longest);
        let at = |percent: u64| {
            let rank = (total * percent).div_ceil(100);
            let mut seen = 0;
            let reached = counts().position(|count| {
                seen += count;
                seen >= rank
            });
            reached.map_or(0, most).min(max_us)
        };
        TimeSummary {
            p50_us: at(50),
            p99_us: at(99),
            max_us,
        }
    }
}

/// Returns the bucket of a time in microseconds.
fn bucket(us: u32) -> usize {
    if us < PER_OCTAVE as u32 {
        return us as usize;
    }
    // 4 to 7 are octave 0.
    let octave = us.ilog2() as usize - 2;
    let quarter = (us >> octave) as usize & (PER_OCTAVE - 1);
    (PER_OCTAVE * (octave + 1) + quarter).min(BUCKETS - 1)
}

/// Returns the longest time in a bucket, in microseconds.
fn most(bucket: usize) -> u32 {
    if bucket < PER_OCTAVE {
        return bucket as u32;
    }
    if bucket == BUCKETS - 1 {
        return u32::MAX;
    }
    let (octave, quarter) = (bucket / PER_OCTAVE - 1, bucket % PER_OCTAVE);
    (((PER_OCTAVE + quarter + 1) << octave) - 1) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summary_of(times: &[u32]) -> TimeSummary {
        let now = Instant::now();
        let mut histogram = TickTimes::new(now);
        for &us in times {
            histogram.add(Duration::from_micros(us.into()));
        }
        histogram.summary(now)
    }

    /// Returns the percentile of sorted times.
    fn exact(sorted: &[u32], percent: usize) -> u32 {
        sorted[(sorted.len() * percent).div_ceil(100) - 1]
    }

    #[test]
    fn without_ticks_all_times_are_zero() {
        assert_eq!(summary_of(&[]), TimeSummary::default());
    }

    #[test]
    fn old_times_are_dropped() {
        let start = Instant::now();
        let mut histogram = TickTimes::new(start);
        histogram.add(Duration::from_secs(60 * 60 * 24));
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(histogram.summary(at(5)).max_us, u32::MAX);
        histogram.add(Duration::from_micros(3));
        assert_eq!(histogram.summary(at(9)).max_us, u32::MAX);
        assert_eq!(histogram.summary(at(10)).p50_us, 3);
        assert_eq!(
            histogram.summary(at(11)),
            TimeSummary {
                p50_us: 3,
                p99_us: 3,
                max_us: 3
            }
        );
        histogram.summary(at(15));
        assert_eq!(histogram.summary(at(16)), TimeSummary::default());
    }

    proptest! {
        #[test]
        fn percentiles_are_at_most_a_quarter_above_the_exact_ones(
            mut times in prop::collection::vec(prop_oneof![0u32..20, 0u32..40_000, 0u32..4_000_000], 1..300),
        ) {
            let summary = summary_of(&times);
            times.sort_unstable();
            prop_assert_eq!(summary.max_us, times[times.len() - 1]);
            for (percent, found) in [(50, summary.p50_us), (99, summary.p99_us)] {
                let exact = exact(&times, percent);
                prop_assert!(found >= exact && found <= exact + exact / 4, "p{}: {} for {}", percent, found, exact);
            }
        }
    }
}
