//! Phase-locked input: the effect of sending just before the tick.

use super::columns::{Column, table};
use crate::report::{
    number::rounded,
    results::{Results, json::number, matrix::LoadResult, run::Run},
};

/// The same load with phase lock and without.
const LOADS: [(&str, &str); 2] = [
    ("walkers-60", "phase-locked"),
    ("walkers-60-free", "not phase-locked"),
];

/// A load, and the title of its input.
type InputRow<'a> = (&'a LoadResult, &'static str);

fn columns<'a>() -> [Column<InputRow<'a>>; 8] {
    [
        ("input", |(_, how)| (*how).to_owned()),
        ("clients", |(load, _)| rounded(load.figure(Run::clients), 0)),
        ("p50", |(load, _)| latency(load, "p50")),
        ("p90", |(load, _)| latency(load, "p90")),
        ("p99", |(load, _)| latency(load, "p99")),
        ("early at the server p50 / p99", |(load, _)| {
            p50_and_p99(load, "input_early_ms")
        }),
        ("wait for sampling p50 / p99", |(load, _)| {
            p50_and_p99(load, "input_wait_ms")
        }),
        ("age p50 / p99", |(load, _)| {
            p50_and_p99(load, "age_of_picture_ms")
        }),
    ]
}

pub(super) fn section(results: &Results) -> String {
    let both: Vec<InputRow<'_>> = LOADS
        .into_iter()
        .filter_map(|(name, how)| Some((results.load_result(name)?, how)))
        .filter(|(load, _)| load.measured_at().is_some())
        .collect();
    if both.len() < LOADS.len() {
        return String::new();
    }
    format!(
        "## Phase-locked input\n\n\
         A phase-locked client samples its input once a tick, timed so that it reaches the server about 2 ms before the tick\n\
         begins. The intended moment of a turn is then the moment of sampling. The time that a turn waits for that\n\
         moment is in a separate column.\n\n{}",
        table(&columns(), both)
    )
}

fn latency(load: &LoadResult, of: &str) -> String {
    rounded(load.figure(|run| run.latency(of)), 1) + " ms"
}

/// Returns p50 and p99 of a histogram in the report of the bots.
fn p50_and_p99(load: &LoadResult, name: &str) -> String {
    let figures = ["p50", "p99"].map(|of| load.figure(|run| number(&run.bots[name], of)));
    if figures.iter().all(|figure| figure.is_nan()) {
        return "–".to_owned();
    }
    let [p50, p99] = figures.map(|figure| rounded(figure, 1));
    format!("{p50} / {p99} ms")
}
