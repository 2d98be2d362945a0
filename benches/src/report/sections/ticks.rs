//! What a tick takes without a server around it, beside what it took before.

use serde_json::Value;

use super::columns::{Column, table};
use crate::report::{
    number::rounded,
    results::{
        Results,
        json::{number, text},
        parts,
    },
};

/// A load, as it was measured now and before.
struct Load<'a> {
    now: &'a Value,
    before: &'a Value,
}

fn columns<'a>() -> [Column<Load<'a>>; 7] {
    [
        ("load", |load| text(load.now, "load").to_owned()),
        ("p50", |load| us(load.now, "p50_us")),
        ("p99", |load| us(load.now, "p99_us")),
        ("longest", |load| us(load.now, "max_us")),
        ("before: p50", |load| us(load.before, "p50_us")),
        ("p99", |load| us(load.before, "p99_us")),
        ("longest", |load| us(load.before, "max_us")),
    ]
}

pub(super) fn section(results: &Results) -> String {
    if results.ticks.is_empty() {
        return String::new();
    }
    let before = parts::before();
    let loads = results.ticks.iter().map(|now| Load {
        now,
        before: &before["ticks"][text(now, "load")],
    });
    format!(
        "## Tick compute\n\nEverything but sends, one minute of ticks, the median of three runs. Before: {}.\n\n{}",
        text(&before, "commit"),
        table(&columns(), loads)
    )
}

fn us(figures: &Value, name: &str) -> String {
    rounded(number(figures, name), 0) + " us"
}
