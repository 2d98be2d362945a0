//! JSON files that the scripts and the other binaries left behind.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One value in a file.
pub(in crate::report) fn read(path: &Path) -> Result<Value> {
    let name = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(name)?;
    serde_json::from_str(&text).with_context(name)
}

/// The same, or nothing if there is no such file: what was not measured.
pub(in crate::report) fn read_if_there(path: &Path) -> Result<Option<Value>> {
    path.exists().then(|| read(path)).transpose()
}

/// A value on each line; none if there is no such file.
pub(in crate::report) fn lines(path: &Path) -> Result<Vec<Value>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let name = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(name)?;
    let full = text.lines().filter(|line| !line.trim().is_empty());
    full.map(|line| serde_json::from_str(line).with_context(name))
        .collect()
}

/// A number; NaN, which is "not measured", if it is missing or null.
pub(in crate::report) fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

/// A text; empty if it is missing.
pub(in crate::report) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The median of those that are numbers; NaN if none is. Of an even count the higher of the two in
/// the middle.
pub(in crate::report) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
