//! Explains why a text is not a message, in one sentence for the person who typed it.
//!
//! The sentence is printable ASCII. It repeats names that were typed, but never values: a value may
//! be a token. It fits in the reason of a close frame, so it has an example only if that is short
//! enough.

use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::message::ClientKind;

/// The longest sentence, in bytes: the longest reason of a close frame.
const MAX_SENTENCE: usize = crate::websocket::MAX_CLOSE_REASON;
/// The longest name that the sentence repeats, in bytes. A longer one is not a typing mistake, and
/// may be a secret.
const LONGEST_NAME: usize = 20;
/// How many levels of objects and lists the sentence can name. Messages have no more.
const DEPTH: usize = 4;

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
    ("custom", r#"{"custom":{"name":"mood","body":"01"}}"#),
    ("ping", r#"{"ping":{"nonce":1}}"#),
    ("bye", r#""bye""#),
    ("reserve", r#"{"reserve":{"request":1,"seats":4,"room":"plaza"}}"#),
    ("act", r#"{"act":{"target":{"object":1},"name":"open"}}"#),
];

/// Returns a sentence that says what is wrong with `text`, which serde_json rejected with `error`.
pub(super) fn sentence(text: &str, error: &serde_json::Error) -> String {
    let before = &text[..text.floor_char_boundary(offset(text, error))];
    let place = JsonPath::after(before);
    let whole = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let reason = whole.strip_suffix(&position).unwrap_or(&whole);
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

/// Describes valid JSON that has the wrong form for an enum. serde_json only reports that it
/// expected a value.
fn wrong_shape(place: &JsonPath) -> String {
    match place.message() {
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
    let message = place.message().unwrap_or_default();
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

/// Names all messages. If that leaves no space for the unknown name, omits it: it is then longer
/// than any that is known.
fn unknown_message(name: &str, known: &str) -> String {
    let sentence = |name| format!("unknown message{name}; known: {known}");
    match sentence(shown(name)) {
        fits if fits.len() <= MAX_SENTENCE => fits,
        _ => sentence(String::new()),
    }
}

fn wrong_value(path: &str, message: &str, found: &str, expected: &str) -> String {
    if message == "bye" {
        return "`bye` has no fields: send \"bye\"".to_owned();
    }
    let takes = match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "a string" | "a borrowed string" if path == "custom.body" || path == "act.body" => {
            "an even number of hexadecimal digits in quotes"
        }
        "a string" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        expected if expected.contains("struct") || expected.ends_with("variant") => "an object with fields",
        "at most 64 items" => "a list of at most 64 items",
        // All other expectations are texts of our own types.
        expected => expected,
    };
    let found = match found.strip_prefix("invalid type: ") {
        Some(found) if found.starts_with("string") => ", not text",
        Some(found) if found.starts_with("integer") => ", not a number",
        Some(found) if found.starts_with("floating point") => ", without point or exponent",
        Some(found) if found.starts_with("boolean") => ", not true or false",
        Some(found) if found.starts_with("null") => ", not null",
        Some(found) if found.starts_with("map") => ", not an object",
        Some(found) if found.starts_with("sequence") => ", not a list",
        _ => "",
    };
    with_example(&format!("`{path}` must be {takes}{found}"), message)
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

fn with_example(sentence: &str, message: &str) -> String {
    let example = EXAMPLES.iter().find(|(name, _)| *name == message);
    let longer = example.map(|(_, example)| format!("{sentence}, as in {example}"));
    longer
        .filter(|longer| longer.len() <= MAX_SENTENCE)
        .unwrap_or_else(|| sentence.to_owned())
}

/// Returns the byte offset of the error. serde_json counts lines from 1 and columns in bytes; line
/// 0 means the end of the text.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    if error.line() == 0 {
        return text.len();
    }
    let lines = text.split_inclusive('\n').take(error.line() - 1);
    let start: usize = lines.map(str::len).sum();
    start.saturating_add(error.column()).min(text.len())
}

/// The path to a position in a JSON text: the keys of the objects that are open there, outermost
/// first.
#[derive(Default)]
struct JsonPath<'a> {
    keys: [Option<&'a str>; DEPTH],
    depth: usize,
    /// The last string outside of all objects and lists.
    word: Option<&'a str>,
}

impl<'a> JsonPath<'a> {
    /// Returns the path to the end of `before`, in which serde_json found no syntax error.
    fn after(before: &'a str) -> Self {
        let mut place = Self::default();
        let mut is_key = false;
        let mut rest = before;
        while let Some(at) = rest.find(['"', '{', '[', '}', ']', ',', ':']) {
            let (found, behind) = (rest.as_bytes()[at], &rest[at + 1..]);
            rest = behind;
            match found {
                b'"' => {
                    let end = end_of_string(behind);
                    let string = &behind[..end];
                    rest = behind.get(end + 1..).unwrap_or_default();
                    match place.depth {
                        0 => place.word = Some(string),
                        depth if is_key && depth <= DEPTH => place.keys[depth - 1] = Some(string),
                        _ => {}
                    }
                }
                b'{' | b'[' => {
                    place.depth += 1;
                    place.set(None);
                }
                b'}' | b']' => {
                    place.set(None);
                    place.depth = place.depth.saturating_sub(1);
                }
                _ => {}
            }
            is_key = found == b'{' || (found == b',' && place.is_object());
        }
        place
    }

    fn set(&mut self, key: Option<&'a str>) {
        if let Some(place) = self.depth.checked_sub(1).and_then(|at| self.keys.get_mut(at)) {
            *place = key;
        }
    }

    /// Whether the innermost open level is an object.
    fn is_object(&self) -> bool {
        let innermost = self.depth.checked_sub(1).and_then(|at| self.keys.get(at));
        innermost.is_some_and(Option::is_some)
    }

    /// Returns the name of the message, or `None` if it is unknown.
    fn message(&self) -> Option<&'static str> {
        let typed = self.keys[0].or(self.word)?;
        EXAMPLES.iter().map(|(name, _)| *name).find(|name| *name == typed)
    }

    /// Returns the keys, joined with dots. serde_json stops at an unknown name, so only the last
    /// key can be unknown; `without_last` omits it.
    fn path(&self, without_last: bool) -> String {
        let open = self.depth.min(DEPTH);
        let last = if without_last {
            open.saturating_sub(1)
        } else {
            open
        };
        let keys: Vec<&str> = match self.depth {
            0 => self.word.into_iter().collect(),
            _ => self.keys[..last].iter().flatten().copied().collect(),
        };
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
        match keys.iter().all(|key| key.chars().all(is_plain)) && !keys.is_empty() {
            true => keys.join("."),
            // A key is written with escapes.
            false => "message".to_owned(),
        }
    }
}

/// Returns the length of a string, given the text after its opening quote. It ends at the closing
/// quote or at the end of the text.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(text.len())
}

#[cfg(test)]
mod tests;
