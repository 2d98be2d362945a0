//! Percentiles of the tick without the sends, as JSON lines. Criterion reports no percentiles.
#![allow(clippy::print_stdout, reason = "a command-line tool prints")]

use std::time::Instant;

use parlour_benches::{Crowd, Load};
use parlour_sim::Interest;
use serde_json::json;

/// One minute of ticks in each run.
const TICKS: usize = 3600;
const RUNS: usize = 3;

/// The loads and their names. The goals of the report find them by these names.
const LOADS: [(&str, Load); 7] = [
    ("1,000 walkers, interest 150 px", Load::walkers(1_000)),
    ("1,000 walkers, whole room", whole_room(Load::walkers(1_000))),
    ("5,000 walkers, interest 150 px", Load::walkers(5_000)),
    ("5,000 walkers, whole room", whole_room(Load::walkers(5_000))),
    ("10,000 walkers, interest 150 px", Load::walkers(10_000)),
    ("1,000 jittering, whole room", whole_room(Load::jitter(1_000))),
    ("5,000 jittering, whole room", whole_room(Load::jitter(5_000))),
];

const fn whole_room(load: Load) -> Load {
    Load {
        interest: Interest::All,
        ..load
    }
}

fn main() {
    for (name, load) in LOADS {
        let mut runs: Vec<[f64; 3]> = (0..RUNS).map(|_| run(load)).collect();
        // The reported run is the median by p99.
        runs.sort_by(|one, other| one[1].total_cmp(&other[1]));
        let [p50, p99, max] = runs[RUNS / 2];
        println!(
            "{}",
            json!({ "load": name, "p50_us": p50, "p99_us": p99, "max_us": max })
        );
    }
}

/// Runs a load. Returns p50, p99 and the longest tick in microseconds.
fn run(load: Load) -> [f64; 3] {
    let mut crowd = Crowd::new(load);
    let mut times: Vec<f64> = (0..TICKS)
        .map(|_| {
            crowd.prepare();
            let start = Instant::now();
            crowd.step();
            start.elapsed().as_nanos() as f64 / 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [times[TICKS / 2], times[TICKS * 99 / 100], times[TICKS - 1]]
}
