//! Twice the load that fits, and back.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    json::{self, number},
    matrix::plain,
    metrics::Metrics,
    results::Results,
    run::lost,
};

/// Bots of whom there is a report: those who stay, those who are too many, and a room of witnesses in each phase.
const REPORTS: [&str; 5] = ["base", "more", "before", "during", "after"];
/// Seconds that the server has to come back.
pub(super) const RECOVERS_S: f64 = 5.0;
/// Seconds that are shown before and after.
const SHOWN_BEFORE_S: f64 = 2.0;
const SHOWN_AFTER_S: f64 = 8.0;

/// What is left of such a run.
pub(super) struct Degrading {
    about: Value,
    reports: [Value; 5],
    /// What the admin port said, and when, in seconds.
    samples: Vec<(f64, Metrics)>,
}

impl Degrading {
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let Some(about) = json::read_if_there(&folder.join("about.json"))? else {
            return Ok(None);
        };
        let mut reports = [const { Value::Null }; 5];
        for (report, name) in reports.iter_mut().zip(REPORTS) {
            *report = json::read_if_there(&folder.join(format!("{name}.json")))?.unwrap_or_default();
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
                samples.push((milliseconds / 1000.0, metrics));
            }
        }
        samples.sort_by(|one, other| one.0.total_cmp(&other.0));
        Ok(Some(Self {
            about,
            reports,
            samples,
        }))
    }

    fn report(&self, name: &str) -> &Value {
        let place = REPORTS.iter().position(|report| *report == name);
        place.map_or(&Value::Null, |place| &self.reports[place])
    }

    pub(super) fn p99_ms(&self, phase: &str) -> f64 {
        number(&self.report(phase)["input_to_neighbour_ms"], "p99")
    }

    /// Lost connections of all bots; NaN if a report is missing.
    pub(super) fn lost(&self) -> f64 {
        let all = self.reports.iter();
        all.map(|report| if report.is_null() { f64::NAN } else { lost(report) })
            .sum()
    }

    /// Ticks per second while there were too many, and how many were skipped.
    pub(super) fn ticks(&self) -> [f64; 2] {
        let during = self.between(self.at("overload_from_s"), self.at("overload_to_s"));
        let (Some((from, first)), Some((to, last))) = (during.first(), during.last()) else {
            return [f64::NAN; 2];
        };
        [
            last.since(first, "parlour_ticks_total") / (to - from),
            last.since(first, "parlour_ticks_skipped_total"),
        ]
    }

    /// Seconds from the end of the overload until the cadences are what they were before it, or as good as; infinite if
    /// that was not seen, NaN if the server does not tell.
    pub(super) fn recovery_s(&self) -> f64 {
        let (from, to) = (self.at("overload_from_s"), self.at("overload_to_s"));
        let before = self
            .between(0.0, from)
            .last()
            .map_or(f64::NAN, |(_, metrics)| mean_cadence(metrics));
        if before.is_nan() {
            return f64::NAN;
        }
        let mut after = self.samples.iter().filter(|(at, _)| *at >= to);
        let back = after.find(|(_, metrics)| mean_cadence(metrics) >= before * 0.98);
        back.map_or(f64::INFINITY, |(at, _)| at - to)
    }

    fn at(&self, name: &str) -> f64 {
        number(&self.about, name)
    }

    fn between(&self, from: f64, to: f64) -> &[(f64, Metrics)] {
        let begin = self.samples.partition_point(|(at, _)| *at < from);
        let end = self.samples.partition_point(|(at, _)| *at <= to);
        &self.samples[begin..end.max(begin)]
    }
}

/// Snapshots per second that a viewer gets at most, on average; NaN if there are no viewers.
fn mean_cadence(metrics: &Metrics) -> f64 {
    let viewers = metrics.cadences();
    let all: f64 = viewers.iter().map(|(_, count)| count).sum();
    viewers
        .iter()
        .map(|(hz, count)| f64::from(*hz) * count)
        .sum::<f64>()
        / all
}

pub(super) fn section(results: &Results) -> String {
    let Some(degrading) = &results.degrading else {
        return String::new();
    };
    let mut out = format!(
        "## Twice the load that fits\n\nWhat fits is what walkers-60 was measured at. {} walkers in rooms of 50 at cadence auto (`{}`), then {} more for {} s, then the first\n\
         alone again. One more room of 50 measures before, during, and from {RECOVERS_S} s after. The generator is on one core,\n\
         too: its own lag is in the latencies.\n\n\
         | phase | p50 | p99 | longest | commands late | generator lag p99 | connections lost |\n|---|---|---|---|---|---|---|\n",
        plain(degrading.at("clients"), 0),
        json::text(&degrading.about, "server_args"),
        plain(degrading.at("more"), 0),
        plain(degrading.at("overload_to_s") - degrading.at("overload_from_s"), 0),
    );
    for (name, title) in [
        ("before", "before"),
        ("during", "during"),
        ("after", "after"),
        ("more", "those who were too many"),
        ("base", "those who were there all the time"),
    ] {
        let report = degrading.report(name);
        let latency = |of| plain(number(&report["input_to_neighbour_ms"], of), 1);
        out += &format!(
            "| {title} | {} ms | {} ms | {} ms | {} | {} ms | {} |\n",
            latency("p50"),
            latency("p99"),
            latency("max"),
            plain(number(report, "inputs_late"), 0),
            plain(number(&report["generator_lag_ms"], "p99"), 1),
            plain(if report.is_null() { f64::NAN } else { lost(report) }, 0),
        );
    }
    out += "\nSecond by second, between two looks at the admin port:\n\n\
            | s | | viewers at 60 / 30 / 20 / 10 Hz | ticks/s | skipped | lateness p99 | tick p99 |\n\
            |---|---|---|---|---|---|---|\n";
    for pair in degrading.samples.windows(2) {
        let ((from, before), (to, after)) = (&pair[0], &pair[1]);
        if *to < degrading.at("overload_from_s") - SHOWN_BEFORE_S
            || *to > degrading.at("overload_to_s") + SHOWN_AFTER_S
        {
            continue;
        }
        let p99 = |name| plain(after.quantile_since(before, name, 0.99) * 1000.0, 2);
        let cadences: Vec<String> = after
            .cadences()
            .iter()
            .map(|(_, count)| plain(*count, 0))
            .collect();
        out += &format!(
            "| {to:.1} | {} | {} | {:.1} | {} | {} ms | {} ms |\n",
            if (degrading.at("overload_from_s")..=degrading.at("overload_to_s")).contains(to) {
                "twice"
            } else {
                ""
            },
            cadences.join(" / "),
            after.since(before, "parlour_ticks_total") / (to - from),
            plain(after.since(before, "parlour_ticks_skipped_total"), 0),
            p99("parlour_tick_lateness_seconds"),
            p99("parlour_tick_duration_seconds"),
        );
    }
    out
}
