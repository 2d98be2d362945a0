//! Files of golden vectors in `assets/wire`. `PARLOUR_BLESS=1 cargo test -p parlour-shared`
//! rewrites them.

use std::{fs, path::PathBuf};

use parlour_shared::motion::Gait;
use serde_json::Value;

/// A file under construction: the lines of its head, and a list with one entry of several lines per
/// vector.
#[derive(Default)]
pub(crate) struct File {
    name: &'static str,
    head: Vec<(&'static str, String)>,
    list: &'static str,
    entries: Vec<String>,
}

impl File {
    pub(crate) fn new(name: &'static str, list: &'static str, about: &str) -> Self {
        let head = vec![("about", quoted(about))];
        Self {
            name,
            head,
            list,
            entries: Vec::new(),
        }
    }

    /// Adds a line to the head; the value is JSON.
    pub(crate) fn head(mut self, key: &'static str, json: String) -> Self {
        self.head.push((key, json));
        self
    }

    /// Adds a vector; the values are JSON.
    pub(crate) fn entry(&mut self, fields: &[(&str, String)]) {
        let lines: Vec<String> = fields
            .iter()
            .map(|(key, json)| format!("      {}: {json}", quoted(key)))
            .collect();
        self.entries
            .push(format!("    {{\n{}\n    }}", lines.join(",\n")));
    }

    fn text(&self) -> String {
        let head: String = self
            .head
            .iter()
            .map(|(key, json)| format!("  {}: {json},\n", quoted(key)))
            .collect();
        format!(
            "{{\n{head}  {}: [\n{}\n  ]\n}}\n",
            quoted(self.list),
            self.entries.join(",\n")
        )
    }

    /// Compares with the file, or writes it if `PARLOUR_BLESS` is set. Returns the file's vectors.
    pub(crate) fn check(&self) -> Vec<Value> {
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../assets/wire", self.name]
            .iter()
            .collect();
        let text = self.text();
        if std::env::var_os("PARLOUR_BLESS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        let first = text
            .lines()
            .zip(found.lines())
            .find(|(expected, found)| expected != found);
        assert!(
            found == text,
            "assets/wire/{} differs from what the code writes, first in {first:?}. If the wire format should change, \
             run `PARLOUR_BLESS=1 cargo test -p parlour-shared` and check the difference",
            self.name
        );
        let file: Value = serde_json::from_str(&found).unwrap();
        let vectors = file[self.list].as_array().unwrap().clone();
        let mut names: Vec<&str> = vectors
            .iter()
            .map(|vector| vector["name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "names in {} are not unique", self.name);
        vectors
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the bytes of the field `hex` of a vector.
pub(crate) fn bytes_of(vector: &Value) -> Vec<u8> {
    let text = vector["hex"].as_str().unwrap();
    assert!(text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Collects every string and every key of a JSON value.
pub(crate) fn words(value: &Value, into: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(values) => values.iter().for_each(|value| words(value, into)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            into.insert(key.clone());
            words(value, into);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the gait as numbers: its first byte, and the velocity of a free heading.
pub(crate) fn gait_numbers(gait: Gait) -> Vec<Value> {
    let open = gait.heading.velocity();
    let velocity = [open.x, open.y].map(Value::from);
    let first = Value::from(gait.to_bytes().as_slice()[0]);
    let is_free = gait.heading.direction().is_none();
    std::iter::once(first)
        .chain(velocity.into_iter().filter(|_| is_free))
        .collect()
}
