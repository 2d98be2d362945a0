use proptest::prelude::*;

use super::*;
use crate::{
    codec::{CodecError, from_json},
    message::ClientMessage,
};

fn sentence_for(text: &str) -> String {
    match from_json(text) {
        Err(CodecError::Malformed(sentence)) => sentence,
        other => panic!("{text}: {other:?}"),
    }
}

const MESSAGES: &str =
    "hello, join, leave, move, chat, set_skin, set_state, custom, ping, bye, reserve, act, authenticate, ack";

#[test]
fn an_unknown_name_is_reported_with_the_known_ones() {
    for (text, name) in [
        (r#"{"bogus":1}"#, " `bogus`"),
        (r#""sprnt""#, " `sprnt`"),
        (r#"{"`, expected ":1}"#, " ``, expected `"),
        // A Cyrillic letter, and a right-to-left override.
        ("{\"m\u{43e}ve\":{}}", r" `m\u{43e}ve`"),
        ("{\"\u{202e}\":{}}", r" `\u{202e}`"),
        (r#"{"\u0007":{}}"#, r" `\u{7}`"),
        (r#"{"\u2003":1}"#, r" `\u{2003}`"),
        (r#"{"set_state_of_it":1}"#, " `set_state_of_it`"),
        // Too long to be a typing mistake.
        (r#"{"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9":1}"#, ""),
    ] {
        let start = format!("unknown message{name}; known: hello, join, ");
        let sentence = sentence_for(text);
        assert!(sentence.starts_with(&start), "{text}: {sentence}");
        let known = &sentence[sentence.find("hello").unwrap()..];
        let is_whole = known == MESSAGES;
        let is_cut = known
            .strip_suffix(", ...")
            .is_some_and(|known| MESSAGES.starts_with(known));
        assert!(is_whole || is_cut, "{text}: {sentence}");
    }
    for (text, expected) in [
        (
            r#"{"move":{"direction":"east","sprnt":true}}"#,
            "`move` has no field `sprnt`; it has seq, tick, direction, sprint, angle, speed",
        ),
        (
            r#"{"set_state":{"writes":[{"key":"a","version":0,"valu":"x"}]}}"#,
            "`set_state.writes` has no field `valu`; it has key, version, value",
        ),
        (
            r#"{"move":{"direction":"est"}}"#,
            "`move.direction` must be one of still, north, northeast, east, southeast, south, southwest, west, northwest",
        ),
        (
            r#"{"chat":{"text":"hi","scope":"all"}}"#,
            "`chat.scope` must be one of room, near",
        ),
        (
            r#"{"join":{"room":"tag","mode":"random"}}"#,
            "`join.mode` must be one of enter, existing, new, private, any",
        ),
        (
            r#"{"join":{"room":"tag","options":[{"name":"language","value":"de"}]}}"#,
            "`join.options` has no field `name`; it has key, value",
        ),
        (
            r#"{"reserve":{"room":"tag","ticket":"k3v9"}}"#,
            "`reserve` has no field `ticket`; it has request, seats, room, mode, options",
        ),
    ] {
        assert_eq!(sentence_for(text), expected, "{text}");
    }
}

#[test]
fn a_missing_or_wrong_field_is_reported_with_its_path() {
    let hello = r#", as in {"hello":{"protocol":1,"name":"Ada"}}"#;
    let moves = r#", as in {"move":{"direction":"east"}}"#;
    for (text, expected, example) in [
        (
            r#"{"hello":{"name":"Ada"}}"#,
            "`hello.protocol` is missing",
            hello,
        ),
        (
            r#"{"hello":{"protocol":"1"}}"#,
            "`hello.protocol` must be a whole number from 0 to 65535, not text",
            hello,
        ),
        (
            r#"{"hello":{"protocol":-1}}"#,
            "`hello.protocol` must be a whole number from 0 to 65535",
            hello,
        ),
        (
            r#"{"hello":{"protocol":{"a":{"b":1}}}}"#,
            "`hello.protocol` must be a whole number from 0 to 65535, not an object",
            hello,
        ),
        (
            r#"{"hello":{"protocol":1,"token":12345}}"#,
            "`hello.token` must be text, not a number",
            hello,
        ),
        (
            r#"{"hello":{"protocol":1,"protocol":1}}"#,
            "`hello.protocol` is given twice",
            "",
        ),
        (
            r#"{"move":"east"}"#,
            "`move` must be an object with fields, not text",
            moves,
        ),
        (
            r#"{"move":[1,2]}"#,
            "`move` must be an object with fields, not a list",
            moves,
        ),
        (
            r#"{"move":{"angle":300}}"#,
            "`move.angle` must be a whole number from 0 to 255",
            moves,
        ),
        (
            r#"{"move":{"direction":"east","angle":3}}"#,
            "`move`: takes either direction and sprint, or angle and speed",
            "",
        ),
        (r#""move""#, "`move` must be an object with fields", moves),
        (r#"{"move":{}}"#, "`move.direction` is missing", moves),
        (
            r#"{"move":{"direction":5}}"#,
            "`move.direction` must be text",
            moves,
        ),
        (
            r#"{"set_state":{"writes":[{"key":"a","version":"x"}]}}"#,
            "`set_state.writes.version` must be a whole number from 0 to 4294967295, not text",
            "",
        ),
        (
            r#"{"reserve":{"room":"tag","seats":300}}"#,
            "`reserve.seats` must be a whole number from 0 to 255",
            r#", as in {"reserve":{"request":1,"seats":4,"room":"plaza"}}"#,
        ),
        (
            r#"{"join":{"room":"tag","options":{"language":"de"}}}"#,
            "`join.options` must be a list of at most 64 items, not an object",
            r#", as in {"join":{"request":1,"room":"plaza"}}"#,
        ),
        (
            "{\"ping\":\n{\"nonce\":\n1.5}}",
            "`ping.nonce` must be a whole number from 0 to 4294967295, without point or exponent",
            r#", as in {"ping":{"nonce":1}}"#,
        ),
        (r#"{"bye":{}}"#, r#"`bye` has no fields: send "bye""#, ""),
    ] {
        assert_eq!(sentence_for(text), format!("{expected}{example}"), "{text}");
    }
    let write = r#"{"key":"a","version":0}"#;
    let many = format!(r#"{{"set_state":{{"writes":[{}]}}}}"#, [write; 65].join(","));
    assert_eq!(
        sentence_for(&many),
        r#"`set_state.writes` must be a list of at most 64 items, as in {"set_state":{"writes":[{"key":"a","version":0,"value":"b"}]}}"#
    );
    let option = r#"{"key":"a","value":""}"#;
    let many = format!(
        r#"{{"join":{{"room":"tag","options":[{}]}}}}"#,
        [option; 65].join(",")
    );
    assert_eq!(
        sentence_for(&many),
        r#"`join.options` must be a list of at most 64 items, as in {"join":{"request":1,"room":"plaza"}}"#
    );
}

#[test]
fn a_mistake_in_the_form_is_reported() {
    let join = r#"as in {"join":{"request":1,"room":"plaza"}}"#;
    for (text, expected) in [
        ("", format!("the message is empty; it must be JSON, {join}")),
        (
            "hello",
            format!("a message is a JSON object, with all names in double quotes, {join}"),
        ),
        (
            "5",
            format!("a message is an object with its name as the only key, {join}"),
        ),
        (
            "{}",
            format!("a message is an object with its name as the only key, {join}"),
        ),
        (
            r#"{"ping":{"nonce":1},"bye":null}"#,
            format!("a message is an object with its name as the only key, {join}"),
        ),
        (
            r#"{move:{direction:"east"}}"#,
            r#"not JSON at character 2: names need double quotes, as in {"ping":{"nonce":1}}"#.to_owned(),
        ),
        (
            r#"{"ping":{"nonce":1}"#,
            "not JSON: the text ends inside an object; is a bracket or a double quote missing?".to_owned(),
        ),
        (
            "\"bye\" \"bye\"",
            "one message at a time: more text follows after character 7".to_owned(),
        ),
        (
            r#"{"ping" 1}"#,
            "not JSON at character 9: expected `:`".to_owned(),
        ),
        (
            r#"{"chat":{"text":"\ud800"}}"#,
            "not JSON at character 24: unexpected end of hex escape".to_owned(),
        ),
        (
            "{\"chat\":{\"text\":\"\u{e9}\u{7}\"}}",
            "not JSON at character 19: control character (\\u0000-\\u001F) found while parsing a string"
                .to_owned(),
        ),
    ] {
        assert_eq!(sentence_for(text), expected, "{text}");
    }
}

#[test]
fn each_message_has_an_example_that_decodes() {
    for (name, example) in EXAMPLES {
        let message = from_json(example).unwrap();
        let json = serde_json::to_value(&message).unwrap();
        let key = json.as_object().and_then(|object| object.keys().next());
        assert_eq!(key.map_or(json.as_str(), |key| Some(key)), Some(name));
    }
    assert_eq!(EXAMPLES.map(|(name, _)| name).join(", "), MESSAGES);
    assert_eq!(from_json(EXAMPLES[9].1), Ok(ClientMessage::Bye));
}

/// Texts that are almost messages: an example with one character replaced or removed.
fn nearly() -> impl Strategy<Value = String> {
    let example = prop::sample::select(EXAMPLES.map(|(_, example)| example).to_vec());
    (example, any::<prop::sample::Index>(), any::<Option<char>>()).prop_map(|(example, at, with)| {
        let mut text: Vec<char> = example.chars().collect();
        let at = at.index(text.len());
        match with {
            Some(with) => text[at] = with,
            None => drop(text.remove(at)),
        }
        text.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn a_sentence_is_printable_and_fits_in_a_close_frame(text in prop_oneof![nearly(), ".*"]) {
        if let Err(CodecError::Malformed(sentence)) = from_json(&text) {
            prop_assert!(sentence.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{}", sentence);
            prop_assert!(sentence.len() <= MAX_SENTENCE, "{} bytes: {}", sentence.len(), sentence);
        }
    }

    #[test]
    fn no_value_is_repeated(
        example in prop::sample::select(EXAMPLES.map(|(_, example)| example).to_vec()),
        secret in "[A-Z]{8}",
    ) {
        // Replaces each value, including those that are objects.
        for (at, _) in example.match_indices(':') {
            for closed in 0..4 {
                let text = format!("{}:\"{secret}\"{}", &example[..at], "}".repeat(closed));
                if let Err(CodecError::Malformed(sentence)) = from_json(&text) {
                    prop_assert!(!sentence.contains(&secret), "{}: {}", text, sentence);
                }
            }
        }
    }
}
