//! Load runs of a server with default settings.

use serde_json::Value;

use super::columns::{Column, table};
use crate::report::results::{Results, json::number};

/// A run and its number.
type NumberedRun<'a> = (usize, &'a Value);

fn columns<'a>() -> [Column<NumberedRun<'a>>; 10] {
    [
        ("run", |(run, _)| run.to_string()),
        ("p50", |(_, load)| latency(load, "p50")),
        ("p90", |(_, load)| latency(load, "p90")),
        ("p99", |(_, load)| latency(load, "p99")),
        ("longest", |(_, load)| latency(load, "max")),
        ("samples", |(_, load)| {
            load["input_to_neighbour_ms"]["samples"].to_string()
        }),
        ("frames/s received", |(_, load)| {
            format!("{:.0}", number(load, "frames_in_per_s"))
        }),
        ("bytes/s per bot", |(_, load)| {
            format!("{:.0}", number(load, "bytes_in_per_bot_per_s"))
        }),
        ("generator lag p99", |(_, load)| {
            format!("{:.2} ms", number(&load["generator_lag_ms"], "p99"))
        }),
        ("server CPU", |(_, load)| {
            format!("{:.0} % of a core", number(load, "server_cpu_percent"))
        }),
    ]
}

pub(super) fn section(results: &Results) -> String {
    if results.default_loads.is_empty() {
        return String::new();
    }
    format!(
        "## A server with default settings\n\n\
         500 bots on loopback in rooms of 50, with an interest radius of 150 px. Each bot walks, and turns twice a second. \
         The latencies are from input to neighbour.\n\n{}",
        table(&columns(), (1..).zip(&results.default_loads))
    )
}

fn latency(load: &Value, quantile: &str) -> String {
    format!("{:.1} ms", number(&load["input_to_neighbour_ms"], quantile))
}
