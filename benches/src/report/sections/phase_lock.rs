//! What it gives a client to send just before the tick.

use crate::report::{
    number::plain,
    results::{Measured, Results, json::number, run::Run},
};

/// The same load with and without.
const LOADS: [(&str, &str); 2] = [
    ("walkers-60", "phase-locked"),
    ("walkers-60-free", "whenever it comes"),
];

pub(super) fn section(results: &Results) -> String {
    let both: Vec<(&Measured, &str)> = LOADS
        .into_iter()
        .filter_map(|(name, how)| Some((results.load(name)?, how)))
        .filter(|(measured, _)| measured.measured().is_some())
        .collect();
    if both.len() < LOADS.len() {
        return String::new();
    }
    let mut out = String::from(
        "## Phase-locked input\n\n\
         A phase-locked client samples its input once a tick, so that it reaches the server about 2 ms before the tick begins.\n\
         The intended moment of a turn is then the moment of sampling; how long a turn waits for that is a column of its own.\n\n\
         | input | clients | p50 | p90 | p99 | early at the server p50 / p99 | wait for sampling p50 / p99 | age p50 / p99 |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (measured, how) in both {
        let figure = |of: &dyn Fn(&Run) -> f64| plain(measured.figure(of), 1);
        let pair = |name: &str| {
            let [p50, p99] = ["p50", "p99"].map(|of| figure(&|run| number(&run.bots[name], of)));
            format!("{p50} / {p99} ms")
        };
        let [p50, p90, p99] = ["p50", "p90", "p99"].map(|of| figure(&|run| run.latency(of)));
        out += &format!(
            "| {how} | {} | {p50} ms | {p90} ms | {p99} ms | {} | {} | {} |\n",
            plain(measured.figure(Run::clients), 0),
            pair("input_early_ms"),
            pair("input_wait_ms"),
            pair("age_of_picture_ms"),
        );
    }
    out
}
