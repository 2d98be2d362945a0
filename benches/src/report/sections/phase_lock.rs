//! What it gives a client to send just before the tick.

use super::columns::{Column, table};
use crate::report::{
    number::rounded,
    results::{Results, json::number, matrix::Measured, run::Run},
};

/// The same load with and without.
const LOADS: [(&str, &str); 2] = [
    ("walkers-60", "phase-locked"),
    ("walkers-60-free", "whenever it comes"),
];

/// A load, and how its input comes.
type Load<'a> = (&'a Measured, &'static str);

fn columns<'a>() -> [Column<Load<'a>>; 8] {
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
    let both: Vec<Load<'_>> = LOADS
        .into_iter()
        .filter_map(|(name, how)| Some((results.measured(name)?, how)))
        .filter(|(load, _)| load.measured_at().is_some())
        .collect();
    if both.len() < LOADS.len() {
        return String::new();
    }
    format!(
        "## Phase-locked input\n\n\
         A phase-locked client samples its input once a tick, so that it reaches the server about 2 ms before the tick begins.\n\
         The intended moment of a turn is then the moment of sampling; how long a turn waits for that is a column of its own.\n\n{}",
        table(&columns(), both)
    )
}

fn latency(load: &Measured, of: &str) -> String {
    rounded(load.figure(|run| run.latency(of)), 1) + " ms"
}

/// Of a histogram in the bots' report.
fn p50_and_p99(load: &Measured, name: &str) -> String {
    let [p50, p99] = ["p50", "p99"].map(|of| rounded(load.figure(|run| number(&run.bots[name], of)), 1));
    format!("{p50} / {p99} ms")
}
