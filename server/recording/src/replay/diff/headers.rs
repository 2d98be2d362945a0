//! Compares the headers of two recordings.

use serde::Serialize;
use serde_json::Value;

use crate::Header;

/// An option that differs between two worlds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeaderDifference {
    /// The name in the header, with a dot inside of the rules: `rules.capacity`.
    pub name: String,
    /// The first recording's value.
    pub one: Value,
    /// The second recording's value.
    pub other: Value,
}

/// Fields that say when, why and by which program a file was written. They do not affect the world.
const FILE_FIELDS: [&str; 6] = ["format", "build", "started", "started_ms", "previous", "history"];

/// Returns the options that differ between two recorded worlds. If any do, the worlds are not
/// expected to be the same.
#[must_use]
pub fn compare_headers(one: &Header, other: &Header) -> Vec<HeaderDifference> {
    let value = |header: &Header| serde_json::to_value(header).unwrap_or_default();
    let (mut one, mut other) = (value(one), value(other));
    for name in FILE_FIELDS {
        for header in [&mut one, &mut other] {
            if let Some(header) = header.as_object_mut() {
                header.remove(name);
            }
        }
    }
    let mut found = Vec::new();
    collect("", &one, &other, &mut found);
    found
}

/// Recurses into objects; a list is compared as one value.
fn collect(path: &str, one: &Value, other: &Value, found: &mut Vec<HeaderDifference>) {
    if one == other {
        return;
    }
    if let (Value::Object(one), Value::Object(other)) = (one, other) {
        let only_there = other.keys().filter(|name| !one.contains_key(*name));
        for name in one.keys().chain(only_there) {
            let path = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            let of = |values: &serde_json::Map<String, Value>| values.get(name).cloned().unwrap_or_default();
            collect(&path, &of(one), &of(other), found);
        }
        return;
    }
    found.push(HeaderDifference {
        name: path.to_owned(),
        one: one.clone(),
        other: other.clone(),
    });
}
