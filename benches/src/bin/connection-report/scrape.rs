//! The server's metrics, and their changes between two scrapes.

use crate::server::Server;

/// All metrics at one moment, in the text form of Prometheus.
pub(crate) struct Scrape(String);

impl Scrape {
    pub(crate) fn of(server: &Server) -> anyhow::Result<Self> {
        // The measured server has one tick thread.
        let text = server.get("/metrics")?;
        let text = text.replace("thread=\"0\",", "").replace(",thread=\"0\"", "");
        Ok(Self(text.replace("{thread=\"0\"}", "")))
    }

    /// Returns the increase of a counter since `before`.
    pub(crate) fn increase(&self, before: &Self, name: &str) -> f64 {
        self.value(name) - before.value(name)
    }

    /// Returns a quantile of a histogram's samples since `before`, interpolated within its bucket
    /// as Prometheus does, or `None` without samples.
    pub(crate) fn quantile(&self, before: &Self, name: &str, share: f64) -> Option<f64> {
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
    }
}
