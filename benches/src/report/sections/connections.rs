//! The lines of the connection bench.

use serde_json::Value;

use crate::report::{
    number::rounded,
    results::{Results, json::text},
};

pub(super) fn section(results: &Results) -> String {
    if results.connection.is_empty() {
        return String::new();
    }
    let mut out = String::from("## Connections\n\n| what | measured |\n|---|---|\n");
    for line in &results.connection {
        let figures = line
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "what");
        let figures: Vec<String> = figures.map(|(name, value)| figure(name, value)).collect();
        out += &format!("| {} | {} |\n", text(line, "what"), figures.join(", "));
    }
    out
}

fn figure(name: &str, value: &Value) -> String {
    let name = name.replace('_', " ");
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 || number >= 1000.0 => format!("{name} {}", rounded(number, 0)),
        Some(number) => format!("{name} {}", rounded(number, 2)),
        None => format!("{name} {value}"),
    }
}
