//! Explains why JSON is not a value of a type of game logic.

use serde_json::error::Category;

use super::{JsonPath, named, not_found, not_json, offset, reason, whole_number};

/// Returns a sentence that says what is wrong with `text`, which serde_json rejected with `error`.
/// It repeats no value.
pub(in crate::codec) fn body_sentence(text: &str, error: &serde_json::Error) -> String {
    let before = &text[..text.floor_char_boundary(offset(text, error))];
    let path = JsonPath::after(before);
    let reason = reason(error);
    match error.classify() {
        Category::Data => wrong_part(&path, &reason),
        // serde_json reports so that a value is not an enum.
        Category::Syntax if reason == "expected value" => {
            format!(
                "{} must be the name of a variant, or an object with it as its only key",
                place(&path.path(false))
            )
        }
        _ => not_json(&reason, before.chars().count()),
    }
}

fn wrong_part(path: &JsonPath, reason: &str) -> String {
    let at = path.path(false);
    let within = |prefix: &str| named(reason, prefix).map(|(_, known)| known);
    if let Some(known) = within("unknown variant `") {
        return format!("{} must be one of {known}", place(&at));
    }
    if let Some(known) = within("unknown field `") {
        return format!("{} has only the fields {known}", place(&path.path(true)));
    }
    let name = reason.split('`').nth(1).unwrap_or_default();
    if reason.starts_with("missing field `") {
        return format!("the field `{name}` of {} is missing", place(&at));
    }
    if reason.starts_with("duplicate field `") {
        return format!("the field `{name}` is given twice");
    }
    match reason.rsplit_once(", expected ") {
        Some((found, expected)) => format!("{} must be {}{}", place(&at), takes(expected), not_found(found)),
        // An error of the type itself.
        None => format!("{}: {reason}", place(&at)),
    }
}

/// Returns what a type takes, given what serde expects.
fn takes(expected: &str) -> &str {
    match expected {
        "a string" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        "option" => "a value or null",
        "unit" => "null",
        _ if expected.starts_with("unit struct") => "null",
        _ if expected.starts_with("struct") => "an object with fields",
        _ if ["tuple", "a tuple", "an array", "a sequence"]
            .iter()
            .any(|list| expected.starts_with(list)) =>
        {
            "a list"
        }
        _ => whole_number(expected).unwrap_or(expected),
    }
}

/// Returns a path as a part of a sentence. The path of the whole value is `message`.
fn place(path: &str) -> String {
    match path {
        "message" => "the body".to_owned(),
        path => format!("`{path}`"),
    }
}
