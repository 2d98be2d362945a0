//! The overload run by phase and by second: twice the sustainable load, and back.

use serde_json::Value;

use super::columns::{Column, table};
use crate::report::{
    number::rounded,
    results::{
        Results,
        json::{number, text},
        overload::{Overload, Sample},
        run::lost,
    },
};

/// Seconds in which the server must recover.
pub(super) const RECOVERY_LIMIT_S: f64 = 5.0;
/// Seconds shown before and after the overload.
const SHOWN_BEFORE_S: f64 = 2.0;
const SHOWN_AFTER_S: f64 = 8.0;

/// Names of the reports, and their titles in the document.
const PHASES: [(&str, &str); 5] = [
    ("before", "before"),
    ("during", "during"),
    ("after", "after"),
    ("more", "the added walkers"),
    (
        "base",
        "the walkers of the sustainable load, during the whole run",
    ),
];

/// The title of a phase, and the report of its bots.
type Phase<'a> = (&'static str, &'a Value);

fn phase_columns<'a>() -> [Column<Phase<'a>>; 7] {
    [
        ("phase", |(title, _)| (*title).to_owned()),
        ("p50", |(_, report)| latency(report, "p50")),
        ("p99", |(_, report)| latency(report, "p99")),
        ("longest", |(_, report)| latency(report, "max")),
        ("commands late", |(_, report)| {
            rounded(number(report, "inputs_late"), 0)
        }),
        ("generator lag p99", |(_, report)| {
            rounded(number(&report["generator_lag_ms"], "p99"), 1) + " ms"
        }),
        ("connections lost", |(_, report)| {
            rounded(if report.is_null() { f64::NAN } else { lost(report) }, 0)
        }),
    ]
}

/// The time between two samples of the metrics.
struct Span<'a> {
    run: &'a Overload,
    from: &'a Sample,
    to: &'a Sample,
}

fn span_columns<'a>() -> [Column<Span<'a>>; 7] {
    [
        ("s", |span| format!("{:.1}", span.to.at)),
        ("", |span| {
            if span.is_overload() { "twice" } else { "" }.to_owned()
        }),
        ("viewers at 60 / 30 / 20 / 10 Hz", Span::viewers),
        ("ticks/s", |span| {
            let seconds = span.to.at - span.from.at;
            format!("{:.1}", span.grew("parlour_ticks_total") / seconds)
        }),
        ("skipped", |span| {
            rounded(span.grew("parlour_ticks_skipped_total"), 0)
        }),
        ("lateness p99", |span| span.p99("parlour_tick_lateness_seconds")),
        ("tick p99", |span| span.p99("parlour_tick_duration_seconds")),
    ]
}

pub(super) fn section(results: &Results) -> String {
    let Some(run) = &results.overload else {
        return String::new();
    };
    let (from, to) = (run.at("overload_from_s"), run.at("overload_to_s"));
    let phases = PHASES.into_iter().map(|(name, title)| (title, run.report(name)));
    let is_shown = |at: f64| !(at < from - SHOWN_BEFORE_S || at > to + SHOWN_AFTER_S);
    let spans = run.samples.windows(2).map(|pair| Span {
        run,
        from: &pair[0],
        to: &pair[1],
    });
    format!(
        "## Overload: twice the sustainable load\n\n\
         The sustainable load is the number of clients that walkers-60 was measured with: {} walkers in rooms of 50, here at\n\
         cadence auto (`{}`). {} more join for {} s and leave again.\n\
         The 50 bots of one extra room measure before and during this time, and again from {RECOVERY_LIMIT_S} s after it. The generator\n\
         runs on one core, so the latencies include its own lag.\n\n{}\n\
         Second by second, from the metrics of the admin port:\n\n{}",
        rounded(run.at("clients"), 0),
        text(&run.about, "server_args"),
        rounded(run.at("more"), 0),
        rounded(to - from, 0),
        table(&phase_columns(), phases),
        table(&span_columns(), spans.filter(|span| is_shown(span.to.at))),
    )
}

fn latency(report: &Value, of: &str) -> String {
    rounded(number(&report["input_to_neighbour_ms"], of), 1) + " ms"
}

impl Span<'_> {
    fn is_overload(&self) -> bool {
        (self.run.at("overload_from_s")..=self.run.at("overload_to_s")).contains(&self.to.at)
    }

    fn viewers(&self) -> String {
        let counts = self.to.metrics.cadences().into_iter();
        let counts: Vec<String> = counts.map(|(_, count)| rounded(count, 0)).collect();
        counts.join(" / ")
    }

    fn grew(&self, name: &str) -> f64 {
        self.to.metrics.since(&self.from.metrics, name)
    }

    fn p99(&self, name: &str) -> String {
        rounded(
            self.to.metrics.quantile_since(&self.from.metrics, name, 0.99) * 1000.0,
            2,
        ) + " ms"
    }
}
