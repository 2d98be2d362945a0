//! The metrics of a server at one moment, from Prometheus text.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};

/// Values by name. A name includes its labels as they are written, without the label `thread`:
/// the value is the sum over the threads.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads a file. If it does not exist, all values are 0.
    pub(in crate::report) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let values = text.lines().filter(|line| !line.starts_with('#'));
        let pair = |line: &str| {
            let (name, value) = line.trim().rsplit_once(' ')?;
            Some((without_thread(name), value.parse::<f64>().ok()?))
        };
        let mut sums = BTreeMap::new();
        for (name, value) in values.filter_map(pair) {
            *sums.entry(name).or_insert(0.0) += value;
        }
        Self(sums)
    }

    pub(in crate::report) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::report) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// Returns the growth of a counter since `before`.
    pub(in crate::report) fn since(&self, before: &Self, name: &str) -> f64 {
        self.get(name) - before.get(name)
    }

    /// Returns the viewers at each cadence, the highest first. Empty: the server does not report
    /// them.
    pub(in crate::report) fn cadences(&self) -> Vec<(u32, f64)> {
        let at = |hz| Some((hz, *self.0.get(&format!("parlour_cadence{{hz=\"{hz}\"}}"))?));
        [60, 30, 20, 10].into_iter().filter_map(at).collect()
    }

    /// Returns a quantile of a histogram's samples since `before`, interpolated within its bucket.
    /// NaN: there are no samples.
    pub(in crate::report) fn quantile_since(&self, before: &Self, name: &str, quantile: f64) -> f64 {
        let prefix = format!("{name}_bucket{{le=\"");
        let bucket = |(key, count): (&String, &f64)| {
            let bound = key.strip_prefix(&prefix)?.strip_suffix("\"}")?;
            let bound = bound.trim_start_matches('+').replace("Inf", "inf");
            Some((bound.parse::<f64>().ok()?, count - before.get(key)))
        };
        let mut buckets: Vec<(f64, f64)> = self.0.iter().filter_map(bucket).collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let wanted = buckets.last().map_or(0.0, |last| last.1) * quantile;
        if wanted <= 0.0 {
            return f64::NAN;
        }
        let (mut from, mut below) = (0.0, 0.0);
        for (bound, count) in buckets {
            if count >= wanted {
                // The bucket beyond the last bound has no upper end to interpolate to.
                let to = if bound.is_finite() { bound } else { from };
                return from + (to - from) * (wanted - below) / (count - below);
            }
            (from, below) = (bound, count);
        }
        f64::NAN
    }
}

/// Returns a name with its labels, without the label `thread`.
fn without_thread(name: &str) -> String {
    let Some((family, labels)) = name.strip_suffix('}').and_then(|name| name.split_once('{')) else {
        return name.to_owned();
    };
    let others = labels.split(',').filter(|label| !label.starts_with("thread="));
    match &others.collect::<Vec<_>>()[..] {
        [] => family.to_owned(),
        others => format!("{family}{{{}}}", others.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn threads_are_summed_up() {
        let metrics =
            Metrics::parse("a{thread=\"0\"} 1\na{thread=\"1\"} 2\nb{hz=\"60\",thread=\"0\"} 3\nc 4");
        let values = ["a", "b{hz=\"60\"}", "c"].map(|name| metrics.get(name));
        assert_eq!(values, [3.0, 3.0, 4.0]);
    }

    #[test]
    fn a_quantile_covers_only_new_samples() {
        let before =
            Metrics::parse("t_bucket{le=\"1\"} 100\nt_bucket{le=\"2\"} 100\nt_bucket{le=\"+Inf\"} 100");
        let after =
            Metrics::parse("t_bucket{le=\"1\"} 100\nt_bucket{le=\"2\"} 300\nt_bucket{le=\"+Inf\"} 300");
        assert!((after.quantile_since(&before, "t", 0.5) - 1.5).abs() < 1e-9);
        assert!(before.quantile_since(&before, "t", 0.5).is_nan());
    }

    #[test]
    fn a_quantile_is_at_most_the_last_bound() {
        let after = Metrics::parse("t_bucket{le=\"1\"} 1\nt_bucket{le=\"+Inf\"} 10");
        assert!((after.quantile_since(&Metrics::default(), "t", 0.99) - 1.0).abs() < 1e-9);
    }
}
