//! The options of a room type in the file, and back to text.

use parlour_sim::{OptionKind, OptionSpec};

use crate::config::file::{FileEntry, Value};

/// The word for an option with any value.
const ANY_TEXT: &str = "text";

/// Reads an option, or returns a description of valid values that completes the sentence "must be
/// ...".
pub(super) fn read(entry: &FileEntry) -> Result<OptionSpec, &'static str> {
    let kind = match &entry.value {
        Value::List(values) if !values.is_empty() => Some(OptionKind::OneOf(values.clone())),
        Value::Text(text) if text == ANY_TEXT => Some(OptionKind::Text),
        Value::Text(text) => range(text),
        _ => None,
    };
    let kind = kind.ok_or(
        "a list of values, such as [\"one\", \"two\"], a range of numbers, such as \"1 to 9\", or \"text\" for any value",
    )?;
    Ok(OptionSpec {
        name: entry.key.clone(),
        kind,
    })
}

fn range(text: &str) -> Option<OptionKind> {
    let (least, most) = text.split_once(" to ")?;
    Some(OptionKind::Number {
        least: least.trim().parse().ok()?,
        most: most.trim().parse().ok()?,
    })
}

/// The inverse of [`read`], as TOML.
pub(super) fn literal(kind: &OptionKind) -> String {
    let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
    match kind {
        OptionKind::Text => string(ANY_TEXT),
        OptionKind::OneOf(values) => {
            let values: Vec<String> = values.iter().map(|value| string(value)).collect();
            format!("[{}]", values.join(", "))
        }
        OptionKind::Number { least, most } => string(&format!("{least} to {most}")),
    }
}
