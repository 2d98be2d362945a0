//! The server's metrics, and their changes between two scrapes.

use crate::server_process::ServerProcess;

/// All metrics at one moment, in the text form of Prometheus.
pub struct Scrape(String);

impl Scrape {
    /// Reads the metrics of a server.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn of(server: &ServerProcess) -> anyhow::Result<Self> {
        Ok(Self(server.get("/metrics")?))
    }

    /// Returns the metrics with those of one tick thread, which then have no label `thread`.
    #[must_use]
    pub fn of_thread(&self, thread: u64) -> Self {
        let text = self.0.replace(&format!("thread=\"{thread}\","), "");
        let text = text.replace(&format!(",thread=\"{thread}\""), "");
        Self(text.replace(&format!("{{thread=\"{thread}\"}}"), ""))
    }

    /// Returns the increase of a counter since `before`.
    #[must_use]
    pub fn increase(&self, before: &Self, name: &str) -> f64 {
        self.value(name) - before.value(name)
    }

    /// Returns a quantile of a histogram's samples since `before`, interpolated within its bucket
    /// as Prometheus does, or `None` without samples.
    #[must_use]
    pub fn quantile(&self, before: &Self, name: &str, share: f64) -> Option<f64> {
        let old = before.buckets(name);
        let new = self.buckets(name);
        let counts: Vec<(f64, f64)> = new
            .iter()
            .enumerate()
            .map(|(index, &(bound, count))| (bound, count - old.get(index).map_or(0.0, |&(_, count)| count)))
            .collect();
        let total = counts
            .last()
            .map(|&(_, count)| count)
            .filter(|&count| count > 0.0)?;
        let rank = share * total;
        let (mut low, mut below) = (0.0, 0.0);
        for (bound, count) in counts {
            if count >= rank {
                // The bucket beyond the last bound has no upper end to interpolate to.
                let within = if bound.is_finite() { bound - low } else { 0.0 };
                return Some(low + within * (rank - below) / (count - below).max(1.0));
            }
            (low, below) = (bound, count);
        }
        None
    }

    /// Returns how many of a histogram's samples since `before` are above a bound of its buckets.
    #[must_use]
    pub fn above(&self, before: &Self, name: &str, bound: f64) -> f64 {
        let since = |of: &Self| {
            let buckets = of.buckets(name);
            let below = buckets.iter().rfind(|bucket| bucket.0 <= bound);
            buckets.last().map_or(0.0, |all| all.1) - below.map_or(0.0, |below| below.1)
        };
        since(self) - since(before)
    }

    fn value(&self, name: &str) -> f64 {
        let line = self
            .0
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or(0.0)
    }

    /// Returns the upper bounds, each with the number of samples up to it.
    fn buckets(&self, name: &str) -> Vec<(f64, f64)> {
        let begins = format!("{name}_bucket{{le=\"");
        self.0
            .lines()
            .filter_map(|line| {
                let (bound, count) = line.strip_prefix(&begins)?.split_once("\"} ")?;
                Some((bound.parse().ok()?, count.parse().ok()?))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    fn metrics(counts: [u64; 3]) -> Scrape {
        let [one, two, all] = counts;
        Scrape(format!(
            "ticks_total {all}\nt_bucket{{le=\"0.001\"}} {one}\nt_bucket{{le=\"0.002\"}} {two}\n\
             t_bucket{{le=\"+Inf\"}} {all}\nt_sum 1\nt_count {all}\n"
        ))
    }

    #[test]
    fn a_quantile_covers_only_the_samples_between_two_scrapes() {
        let before = metrics([1000, 1000, 1000]);
        let after = metrics([1050, 1100, 1100]);
        assert_eq!(after.increase(&before, "ticks_total"), 100.0);
        let p75 = after.quantile(&before, "t", 0.75).unwrap();
        assert!((p75 - 0.0015).abs() < 1e-9, "{p75}");
        let p50 = after.quantile(&before, "t", 0.5).unwrap();
        assert!((p50 - 0.001).abs() < 1e-9, "{p50}");
    }

    #[test]
    fn a_quantile_is_at_most_the_last_bound_and_none_without_samples() {
        let before = metrics([0, 0, 0]);
        let after = metrics([0, 0, 10]);
        assert_eq!(after.quantile(&before, "t", 0.99), Some(0.002));
        assert_eq!(after.quantile(&after, "t", 0.99), None);
        assert_eq!(after.above(&before, "t", 0.001), 10.0);
        assert_eq!(after.above(&before, "t", 0.002), 10.0);
    }

    #[test]
    fn a_thread_has_its_own_metrics() {
        let both = Scrape(
            "t_bucket{thread=\"0\",le=\"1\"} 1\nt_bucket{thread=\"1\",le=\"1\"} 2\n\
             n{thread=\"0\"} 3\nn{thread=\"1\"} 4\n"
                .to_owned(),
        );
        for (thread, count) in [(0, 1.0), (1, 2.0)] {
            let of_thread = both.of_thread(thread);
            assert_eq!(of_thread.buckets("t"), [(1.0, count)]);
            assert_eq!(of_thread.value("n"), count + 2.0);
        }
    }
}
