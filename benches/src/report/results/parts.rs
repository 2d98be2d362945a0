//! Criterion's results, and older ones to compare with.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::json::{self, number, text};

/// Results of commit 8a24f8c, which precedes the optimizations for large numbers of clients.
const BEFORE: &str = include_str!("../../../before.json");

/// Nanoseconds by group and bench.
pub(in crate::report) type Parts = BTreeMap<String, BTreeMap<String, f64>>;

/// Returns the older results: `parts` and `ticks`.
pub(in crate::report) fn before() -> Value {
    serde_json::from_str(BEFORE).expect("benches/before.json is part of the repository")
}

/// Reads criterion's last results. Empty: it did not run.
pub(in crate::report) fn read(results: &Path) -> Result<Parts> {
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
