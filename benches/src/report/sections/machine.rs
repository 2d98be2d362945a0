//! Where and when it was measured.

use serde_json::Value;

use crate::report::results::{
    Results,
    json::{number, text},
};

pub(super) fn section(results: &Results) -> String {
    let mut out = String::from(
        "# Benchmarks\n\n\
         Made by `scripts/bench` (tick, recording, parts) and `scripts/plaza` (everything with many clients), which\n\
         anyone can run. Medians of several runs.\n",
    );
    for (script, machine) in [
        ("bench", &results.bench_machine),
        ("plaza", &results.plaza_machine),
    ] {
        if let Some(machine) = machine {
            out += &format!("\n* `scripts/{script}`: {}\n", line(machine));
        }
    }
    out
}

fn line(machine: &Value) -> String {
    let pinned = match machine["pinned"].as_bool() {
        Some(true) => "Server pinned to core 0, bots to core 1. ",
        Some(false) => "Server and bots not pinned. ",
        None => "",
    };
    format!(
        "{}, {} cores, {} GiB of memory, Linux {}, {}. {pinned}Load average before: {}; after: {}. Measured on {} at {}.",
        text(machine, "processor"),
        number(machine, "cores"),
        number(machine, "memory_gib"),
        text(machine, "kernel"),
        text(machine, "rustc"),
        text(machine, "load_before"),
        text(machine, "load_after"),
        text(machine, "date"),
        text(machine, "commit"),
    )
}
