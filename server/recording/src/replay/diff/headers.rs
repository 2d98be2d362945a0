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

/// The field with the name of the world.
const NAME: &str = "world";

/// Returns the options that differ between two recorded worlds. If any do, the worlds are not
/// expected to be the same.
///
/// The name of a world does not affect what happens in it, so worlds that differ only in their
/// names can be compared. If there are other differences, the names come first.
#[must_use]
pub fn compare_headers(one: &Header, other: &Header) -> Vec<HeaderDifference> {
    let options = |header: &Header| {
        let mut value = serde_json::to_value(header).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.retain(|name, _| name != NAME && !FILE_FIELDS.contains(&name.as_str()));
        }
        value
    };
    let mut found = Vec::new();
    collect("", &options(one), &options(other), &mut found);
    if !found.is_empty() && one.world != other.world {
        let name = |header: &Header| Some(header.world.clone()).filter(|name| !name.is_empty());
        let names = HeaderDifference {
            name: NAME.to_owned(),
            one: name(one).into(),
            other: name(other).into(),
        };
        found.insert(0, names);
    }
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
