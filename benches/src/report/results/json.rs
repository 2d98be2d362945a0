//! Reads the JSON files of the scripts and the other binaries.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// Reads a file with one value.
pub(in crate::report) fn read(path: &Path) -> Result<Value> {
    let name = || path.display().to_string();
    let text = fs::read_to_string(path).with_context(name)?;
    serde_json::from_str(&text).with_context(name)
}

/// Reads a file with one value. Returns `None` if the file does not exist.
pub(in crate::report) fn read_optional(path: &Path) -> Result<Option<Value>> {
    path.exists().then(|| read(path)).transpose()
}

/// Reads a file with one value per line. Returns no values if the file does not exist.
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

/// Returns a number, or NaN (not measured) if it is missing or null.
pub(in crate::report) fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

/// Returns a text, or an empty one if it is missing.
pub(in crate::report) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Returns the median of the values that are not NaN, or NaN without such values. With an even
/// count, the higher of the two middle values.
pub(in crate::report) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
