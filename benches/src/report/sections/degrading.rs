//! Twice the load that fits, and back: phase by phase and second by second.

use crate::report::{
    number::plain,
    results::{
        Results,
        json::{self, number},
        run::lost,
    },
};

/// Seconds that the server has to come back.
pub(super) const RECOVERS_S: f64 = 5.0;
/// Seconds that are shown before and after.
const SHOWN_BEFORE_S: f64 = 2.0;
const SHOWN_AFTER_S: f64 = 8.0;

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
