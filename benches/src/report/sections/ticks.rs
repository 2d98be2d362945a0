//! Tick compute without a server, compared with older results.

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

/// The results of a load, new and old.
struct TickRow<'a> {
    now: &'a Value,
    before: &'a Value,
}

fn columns<'a>() -> [Column<TickRow<'a>>; 7] {
    [
        ("load", |row| text(row.now, "load").to_owned()),
        ("p50", |row| us(row.now, "p50_us")),
        ("p99", |row| us(row.now, "p99_us")),
        ("longest", |row| us(row.now, "max_us")),
        ("before: p50", |row| us(row.before, "p50_us")),
        ("p99", |row| us(row.before, "p99_us")),
        ("longest", |row| us(row.before, "max_us")),
    ]
}

pub(super) fn section(results: &Results) -> String {
    if results.ticks.is_empty() {
        return String::new();
    }
    let before = parts::before();
    let loads = results.ticks.iter().map(|now| TickRow {
        now,
        before: &before["ticks"][text(now, "load")],
    });
    format!(
        "## Tick compute\n\nWhole ticks without the sends. One minute of ticks, the median of three runs. Before: commit {}.\n\n{}",
        text(&before, "commit"),
        table(&columns(), loads)
    )
}

fn us(figures: &Value, name: &str) -> String {
    rounded(number(figures, name), 0) + " us"
}
