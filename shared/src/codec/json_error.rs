//! Explains why a text is not a message, in one sentence for the person who typed it.
//!
//! The sentence is printable ASCII. It repeats names that were typed, but never values: a value may
//! be a token. It fits in the reason of a close frame, so it has an example only if that is short
//! enough.

mod body;
mod json_path;

use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::message::ClientKind;
pub(super) use body::body_sentence;
use json_path::{JsonPath, offset};

/// The longest sentence, in bytes: the longest reason of a close frame.
const MAX_SENTENCE: usize = crate::websocket::MAX_CLOSE_REASON;
/// The longest name that the sentence repeats, in bytes. A longer one is not a typing mistake, and
/// may be a secret.
const LONGEST_NAME: usize = 20;
/// Each message as a person would type it, in the order of
/// [`ClientMessage`](crate::message::ClientMessage).
const EXAMPLES: [(&str, &str); ClientKind::ALL.len()] = [
    ("hello", super::HELLO_EXAMPLE),
    ("join", r#"{"join":{"request":1,"room":"plaza"}}"#),
    ("leave", r#"{"leave":{"request":1}}"#),
    ("move", r#"{"move":{"direction":"east"}}"#),
    ("chat", r#"{"chat":{"text":"hi"}}"#),
    ("set_skin", r#"{"set_skin":{"skin":1}}"#),
    (
        "set_state",
        r#"{"set_state":{"writes":[{"key":"a","version":0,"value":"b"}]}}"#,
    ),
    ("custom", r#"{"custom":{"name":"wave","body":{"times":3}}}"#),
    ("ping", r#"{"ping":{"nonce":1}}"#),
    ("bye", r#""bye""#),
    ("reserve", r#"{"reserve":{"request":1,"seats":4,"room":"plaza"}}"#),
    ("act", r#"{"act":{"target":{"object":1},"name":"open"}}"#),
    ("authenticate", r#"{"authenticate":{"request":1,"token":"..."}}"#),
    ("ack", r#"{"ack":{"received":1}}"#),
];

/// Returns a sentence that says what is wrong with `text`, which serde_json rejected with `error`.
pub(super) fn sentence(text: &str, error: &serde_json::Error) -> String {
    let before = &text[..text.floor_char_boundary(offset(text, error))];
    let place = JsonPath::after(before);
    let reason = &reason(error);
    if error.classify() == Category::Data {
        return wrong_part(&place, reason);
    }
    if reason == "expected value" && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return wrong_shape(&place);
    }
    match text.trim_start().chars().next() {
        None => with_example("the message is empty; it must be JSON", "join"),
        Some('{' | '"') => not_json(reason, before.chars().count()),
        Some(_) => with_example(
            "a message is a JSON object, with all names in double quotes",
            "join",
        ),
    }
}

/// Returns what serde_json says about an error, without the position.
fn reason(error: &serde_json::Error) -> String {
    let mut whole = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if whole.ends_with(&position) {
        whole.truncate(whole.len() - position.len());
    }
    whole
}

/// Describes valid JSON that has the wrong form for an enum. serde_json only reports that it
/// expected a value.
fn wrong_shape(place: &JsonPath) -> String {
    match message_of(place) {
        Some(message) if place.depth > 1 => {
            with_example(&format!("`{}` must be text", place.path(false)), message)
        }
        _ => with_example("a message is an object with its name as the only key", "join"),
    }
}

/// Describes text that is not JSON. The reason is serde_json's, and repeats none of the text.
fn not_json(reason: &str, characters: usize) -> String {
    if let Some(inside) = reason.strip_prefix("EOF while parsing ") {
        return format!("not JSON: the text ends inside {inside}; is a bracket or a double quote missing?");
    }
    match reason {
        "trailing characters" => {
            format!("one message at a time: more text follows after character {characters}")
        }
        "key must be a string" => {
            format!(
                "not JSON at character {characters}: names need double quotes, as in {{\"ping\":{{\"nonce\":1}}}}"
            )
        }
        _ => format!("not JSON at character {characters}: {reason}"),
    }
}

/// Describes JSON of the right form with a wrong part. The reason has a form of
/// [`serde::de::Error`].
fn wrong_part(place: &JsonPath, reason: &str) -> String {
    let message = message_of(place).unwrap_or_default();
    if let Some((name, known)) = named(reason, "unknown variant `") {
        return match place.depth {
            0 | 1 => unknown_message(name, &known),
            _ => format!("`{}` must be one of {known}", place.path(false)),
        };
    }
    if let Some((name, known)) = named(reason, "unknown field `") {
        return format!(
            "`{}` has no field{}; it has {known}",
            place.path(true),
            shown(name)
        );
    }
    let (path, name) = (place.path(false), reason.split('`').nth(1).unwrap_or_default());
    if reason.starts_with("missing field `") {
        return with_example(&format!("`{path}.{name}` is missing"), message);
    }
    if reason.starts_with("duplicate field `") {
        return format!("`{path}` is given twice");
    }
    match reason.rsplit_once(", expected ") {
        Some((found, expected)) => wrong_value(&path, message, found, expected),
        // An error of our own types.
        None => format!("`{path}`: {reason}"),
    }
}

/// Names all messages. If there is no space for all, omits the last ones: the unknown name helps
/// more.
fn unknown_message(name: &str, known: &str) -> String {
    const REST: &str = ", ...";
    let start = format!("unknown message{}; known: ", shown(name));
    if start.len() + known.len() <= MAX_SENTENCE {
        return start + known;
    }
    let mut sentence = start;
    for (nth, name) in known.split(", ").enumerate() {
        let comma = if nth == 0 { "" } else { ", " };
        if sentence.len() + comma.len() + name.len() + REST.len() > MAX_SENTENCE {
            break;
        }
        sentence = sentence + comma + name;
    }
    sentence + REST
}

fn wrong_value(path: &str, message: &str, found: &str, expected: &str) -> String {
    if message == "bye" {
        return "`bye` has no fields: send \"bye\"".to_owned();
    }
    let takes = match expected {
        "a string" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        expected if expected.contains("struct") || expected.ends_with("variant") => "an object with fields",
        "at most 64 items" => "a list of at most 64 items",
        // All other expectations are numbers, or texts of our own types.
        expected => whole_number(expected).unwrap_or(expected),
    };
    let found = not_found(found);
    with_example(&format!("`{path}` must be {takes}{found}"), message)
}

/// Returns what an integer type takes.
fn whole_number(of: &str) -> Option<&'static str> {
    Some(match of {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number from 0 to 18446744073709551615",
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" => "a whole number from -9223372036854775808 to 9223372036854775807",
        _ => return None,
    })
}

/// Returns what was found instead, without its value, as the end of a sentence.
fn not_found(found: &str) -> &'static str {
    match found.strip_prefix("invalid type: ") {
        Some(found) if found.starts_with("string") => ", not text",
        Some(found) if found.starts_with("integer") => ", not a number",
        Some(found) if found.starts_with("floating point") => ", without point or exponent",
        Some(found) if found.starts_with("boolean") => ", not true or false",
        Some(found) if found.starts_with("null") => ", not null",
        Some(found) if found.starts_with("map") => ", not an object",
        Some(found) if found.starts_with("sequence") => ", not a list",
        _ => "",
    }
}

/// Returns the unknown name and the list of known ones. The known names are ours and never contain
/// the separator, so they begin after its last occurrence.
fn named<'a>(reason: &'a str, prefix: &str) -> Option<(&'a str, String)> {
    let (name, known) = reason.strip_prefix(prefix)?.rsplit_once("`, expected ")?;
    let known = known.trim_start_matches("one of ").replace('`', "");
    Some((name, known.replace(" or ", ", ")))
}

/// Returns a name as a part of the sentence, or an empty string if it is too long. Characters
/// outside printable ASCII, such as a Cyrillic `e`, are escaped.
fn shown(name: &str) -> String {
    let shown: String = name
        .chars()
        .map(|character| match character {
            ' '..='~' => character.to_string(),
            other => other.escape_unicode().to_string(),
        })
        .collect();
    match shown.len() {
        0..=LONGEST_NAME => format!(" `{shown}`"),
        _ => String::new(),
    }
}

/// Returns the name of the message at a place, or `None` if it is unknown.
fn message_of(place: &JsonPath) -> Option<&'static str> {
    let typed = place.first()?;
    EXAMPLES.iter().map(|(name, _)| *name).find(|name| *name == typed)
}

fn with_example(sentence: &str, message: &str) -> String {
    let example = EXAMPLES.iter().find(|(name, _)| *name == message);
    let longer = example.map(|(_, example)| format!("{sentence}, as in {example}"));
    longer
        .filter(|longer| longer.len() <= MAX_SENTENCE)
        .unwrap_or_else(|| sentence.to_owned())
}

#[cfg(test)]
mod tests;
