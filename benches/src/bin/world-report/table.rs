//! Results as a table: a line for each figure, a column for each measurement.

use std::fmt::Write as _;

use serde_json::Value;

/// The name of a measurement.
const NAME: &str = "what";

/// Returns the table of measurements with the same figures.
pub(crate) fn table(results: &[Value]) -> String {
    let columns: Vec<Vec<(String, String)>> = results.iter().map(figures).collect();
    let mut lines: Vec<Vec<String>> = vec![vec![String::new()]];
    for (number, result) in results.iter().enumerate() {
        let name = result.get(NAME).and_then(Value::as_str).unwrap_or_default();
        if let Some(head) = lines.first_mut() {
            head.push(format!("[{}] {name}", number + 1));
        }
    }
    for (figure, _) in columns.first().into_iter().flatten() {
        let value = |column: &Vec<(String, String)>| {
            let found = column.iter().find(|(known, _)| known == figure);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        let values = columns.iter().map(value);
        lines.push([figure.clone()].into_iter().chain(values).collect());
    }
    let width = |at: usize| {
        let cells = lines.iter().filter_map(|line| line.get(at));
        cells.map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..=results.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a string does not fail.
            let _ = write!(text, "{cell:width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Returns the figures of a measurement with their names.
fn figures(result: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    flatten("", result, &mut all);
    all
}

fn flatten(path: &str, value: &Value, all: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match path {
                    "" if name == NAME => {}
                    "" => flatten(name, field, all),
                    _ => flatten(&format!("{path}.{name}"), field, all),
                }
            }
        }
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            let text = float.map_or_else(|| number.to_string(), |float| format!("{float:.2}"));
            all.push((path.to_owned(), text));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{path}.{index}"), item, all);
            }
        }
        Value::String(text) => all.push((path.to_owned(), text.clone())),
        other => all.push((path.to_owned(), other.to_string())),
    }
}
