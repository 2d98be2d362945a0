//! The parts of a tick by criterion, beside what they were before the work on the machine's limit.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{
    json::{self, number, text},
    results::Results,
};

/// What was measured before, as docs/benchmarks.md had it.
const BEFORE: &str = include_str!("../../before.json");

/// Nanoseconds by group and bench.
pub(super) type Parts = BTreeMap<String, BTreeMap<String, f64>>;

/// The committed figures: `parts` and `ticks`.
pub(super) fn before() -> Value {
    serde_json::from_str(BEFORE).expect("benches/before.json is part of the repository")
}

/// Criterion's last results; empty if it did not run.
pub(super) fn read(results: &Path) -> Result<Parts> {
    let mut parts = Parts::new();
    let mut waiting = vec![results.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        if !folder.exists() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() && path.ends_with("new") {
                let about = json::read(&path.join("benchmark.json"))?;
                let estimates = json::read(&path.join("estimates.json"))?;
                let (group, id) = (text(&about, "group_id"), text(&about, "full_id"));
                let id = id.strip_prefix(&format!("{group}/")).unwrap_or(id);
                let median = number(&estimates["median"], "point_estimate");
                parts
                    .entry(group.to_owned())
                    .or_default()
                    .insert(id.to_owned(), median);
            } else if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    Ok(parts)
}

pub(super) fn section(results: &Results) -> String {
    if results.parts.is_empty() {
        return String::new();
    }
    let before = before();
    let mut out = format!(
        "## Parts\n\nBy criterion: medians. Before: {}, before the work on the machine's limit.\n",
        text(&before, "commit")
    );
    for (group, benches) in &results.parts {
        let mut benches: Vec<(&String, &f64)> = benches.iter().collect();
        benches.sort_by_key(|(id, _)| natural(id));
        out += &format!("\n### {group}\n\n| bench | before | now |\n|---|---|---|\n");
        for (id, nanoseconds) in benches {
            let was = number(&before["parts"][group], id);
            out += &format!("| {id} | {} | {} |\n", time(was), time(*nanoseconds));
        }
    }
    out
}

/// Sorts `1000` behind `50`.
fn natural(id: &str) -> (String, u64) {
    let (name, size) = id.rsplit_once('/').unwrap_or((id, ""));
    size.parse()
        .map_or((id.to_owned(), 0), |size| (name.to_owned(), size))
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n.is_nan() => "–".to_owned(),
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.1} us", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}
