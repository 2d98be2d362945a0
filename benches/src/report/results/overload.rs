//! The overload run: twice the load that fits, and back.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    json::{self, number},
    metrics::Metrics,
    run::lost,
};

/// The reports of the bots: those that stay, those that double the load, and a room of witnesses in
/// each phase.
const REPORTS: [&str; 5] = ["base", "more", "before", "during", "after"];

/// The results of an overload run.
pub(in crate::report) struct Overload {
    pub(in crate::report) about: Value,
    reports: [Value; 5],
    /// Sorted by time.
    pub(in crate::report) samples: Vec<Sample>,
}

/// The metrics at one moment of the run, in seconds.
pub(in crate::report) struct Sample {
    pub(in crate::report) at: f64,
    pub(in crate::report) metrics: Metrics,
}

impl Overload {
    pub(in crate::report) fn read(folder: &Path) -> Result<Option<Self>> {
        let Some(about) = json::read_optional(&folder.join("about.json"))? else {
            return Ok(None);
        };
        let mut reports = [const { Value::Null }; 5];
        for (report, name) in reports.iter_mut().zip(REPORTS) {
            *report = json::read_optional(&folder.join(format!("{name}.json")))?.unwrap_or_default();
        }
        let mut samples = Vec::new();
        let taken = folder.join("samples");
        for entry in fs::read_dir(&taken).with_context(|| taken.display().to_string())? {
            let path = entry?.path();
            let milliseconds = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse::<f64>().ok());
            let metrics = Metrics::read(&path)?;
            if let (Some(milliseconds), false) = (milliseconds, metrics.is_empty()) {
                let at = milliseconds / 1000.0;
                samples.push(Sample { at, metrics });
            }
        }
        samples.sort_by(|one, other| one.at.total_cmp(&other.at));
        Ok(Some(Self {
            about,
            reports,
            samples,
        }))
    }

    pub(in crate::report) fn report(&self, name: &str) -> &Value {
        let place = REPORTS.iter().position(|report| *report == name);
        place.map_or(&Value::Null, |place| &self.reports[place])
    }

    pub(in crate::report) fn p99_ms(&self, phase: &str) -> f64 {
        number(&self.report(phase)["input_to_neighbour_ms"], "p99")
    }

    /// Returns the lost connections of all bots. NaN: a report is missing.
    pub(in crate::report) fn lost(&self) -> f64 {
        let all = self.reports.iter();
        all.map(|report| if report.is_null() { f64::NAN } else { lost(report) })
            .sum()
    }

    /// Returns the ticks per second during the overload.
    pub(in crate::report) fn ticks_per_s(&self) -> f64 {
        self.overload_samples().map_or(f64::NAN, |[first, last]| {
            last.metrics.since(&first.metrics, "parlour_ticks_total") / (last.at - first.at)
        })
    }

    /// Returns the number of ticks skipped during the overload.
    pub(in crate::report) fn ticks_skipped(&self) -> f64 {
        self.overload_samples().map_or(f64::NAN, |[first, last]| {
            last.metrics.since(&first.metrics, "parlour_ticks_skipped_total")
        })
    }

    /// Returns the seconds from the end of the overload until the mean cadence is 98 % of what it
    /// was before. Infinite: it was not reached. NaN: the server does not report cadences.
    pub(in crate::report) fn recovery_s(&self) -> f64 {
        let (from, to) = (self.at("overload_from_s"), self.at("overload_to_s"));
        let before = self
            .between(0.0, from)
            .last()
            .map_or(f64::NAN, |sample| mean_cadence(&sample.metrics));
        if before.is_nan() {
            return f64::NAN;
        }
        let mut after = self.samples.iter().filter(|sample| sample.at >= to);
        let back = after.find(|sample| mean_cadence(&sample.metrics) >= before * 0.98);
        back.map_or(f64::INFINITY, |sample| sample.at - to)
    }

    pub(in crate::report) fn at(&self, name: &str) -> f64 {
        number(&self.about, name)
    }

    /// Returns the first and the last sample of the overload.
    fn overload_samples(&self) -> Option<[&Sample; 2]> {
        let during = self.between(self.at("overload_from_s"), self.at("overload_to_s"));
        Some([during.first()?, during.last()?])
    }

    fn between(&self, from: f64, to: f64) -> &[Sample] {
        let begin = self.samples.partition_point(|sample| sample.at < from);
        let end = self.samples.partition_point(|sample| sample.at <= to);
        &self.samples[begin..end.max(begin)]
    }
}

/// Returns the mean cadence over all viewers in Hz. NaN: there are no viewers.
fn mean_cadence(metrics: &Metrics) -> f64 {
    let viewers = metrics.cadences();
    let all: f64 = viewers.iter().map(|(_, count)| count).sum();
    viewers
        .iter()
        .map(|(hz, count)| f64::from(*hz) * count)
        .sum::<f64>()
        / all
}
