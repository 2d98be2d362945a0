//! The error for a JSON body that is not a value of its type names the wrong field, and repeats no
//! value.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

use parlour_shared::{
    codec::{CodecError, decode_body},
    message::Body,
};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Debug, PartialEq, Deserialize)]
struct Throw {
    times: u8,
    at: Place,
    #[serde(default)]
    hard: bool,
    side: Option<Side>,
    mark: Option<(u8, u8)>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Place {
    x: i32,
    y: i16,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    Left,
    Right,
    Angle(u16),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Nothing;

#[derive(Debug, PartialEq, Deserialize)]
struct Empty {}

fn error<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
    match decode_body::<T>(&Body::Json(text.into())) {
        Err(CodecError::Malformed(sentence)) => sentence,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_error_names_the_field_and_what_it_takes() {
    for (text, expected) in [
        (
            r#"{"times":300,"at":{"x":1,"y":2}}"#,
            "`times` must be a whole number from 0 to 255",
        ),
        (
            r#"{"times":-1,"at":{"x":1,"y":2}}"#,
            "`times` must be a whole number from 0 to 255",
        ),
        (
            r#"{"times":"secret","at":{"x":1,"y":2}}"#,
            "`times` must be a whole number from 0 to 255, not text",
        ),
        (
            r#"{"times":1.5,"at":{"x":1,"y":2}}"#,
            "`times` must be a whole number from 0 to 255, without point or exponent",
        ),
        (
            r#"{"times":1,"at":{"x":1,"y":40000}}"#,
            "`at.y` must be a whole number from -32768 to 32767",
        ),
        (
            r#"{"times":1,"at":7}"#,
            "`at` must be an object with fields, not a number",
        ),
        (r#"{"times":1,"at":{"x":1}}"#, "the field `y` of `at` is missing"),
        (
            r#"{"at":{"x":1,"y":2}}"#,
            "the field `times` of the body is missing",
        ),
        (r#"{"times":1,"times":1}"#, "the field `times` is given twice"),
        (
            r#"{"times":1,"tims":2,"at":{"x":1,"y":2}}"#,
            "there is no field `tims`",
        ),
        (
            r#"{"times":1,"at":{"x":1,"y":2,"z":3}}"#,
            "there is no field `at.z`",
        ),
        (
            r#"{"times":1,"at":{"x":1,"y":2},"side":"up"}"#,
            "`side` must be one of left, right, angle",
        ),
        (
            r#"{"times":1,"at":{"x":1,"y":2},"side":7}"#,
            "`side` must be the name of a variant, or an object with it as its only key",
        ),
        (
            r#"{"times":1,"at":{"x":1,"y":2},"mark":3}"#,
            "`mark` must be a list, not a number",
        ),
        (
            r#"{"times":1,"at":{"x":1,"y":2},"hard":0}"#,
            "`hard` must be true or false, not a number",
        ),
        ("7", "the body must be an object with fields, not a number"),
        ("null", "the body must be an object with fields, not null"),
        (
            r#"{"times":"#,
            "not JSON: the text ends inside a value; is a bracket or a double quote missing?",
        ),
    ] {
        assert_eq!(error::<Throw>(text), expected, "{text}");
    }
}

#[test]
fn a_value_without_fields_is_null_or_an_empty_object() {
    for text in ["null", "{}", " {} "] {
        let body = Body::Json(text.into());
        assert_eq!(decode_body::<Nothing>(&body), Ok(Nothing), "{text}");
        assert_eq!(decode_body::<Empty>(&body), Ok(Empty {}), "{text}");
        assert_eq!(decode_body::<()>(&body), Ok(()), "{text}");
    }
    assert_eq!(decode_body::<Nothing>(&Body::default()), Ok(Nothing));
    assert_eq!(error::<Nothing>("1"), "the body must be null, not a number");
    assert_eq!(error::<Empty>(r#"{"x":1}"#), "there is no field `x`");
}

#[test]
fn brackets_in_brackets_are_an_error() {
    let text = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    assert!(!error::<Throw>(&text).is_empty());
    assert!(!error::<Vec<Vec<u8>>>(&text).is_empty());
}

#[test]
fn a_short_binary_body_cannot_claim_a_long_text() {
    // The prefix of a text of 64 MiB, of which no byte follows.
    let mut bytes = vec![252];
    bytes.extend((64u32 << 20).to_le_bytes());
    match decode_body::<String>(&Body::Bytes(bytes)) {
        Err(CodecError::Malformed(text)) => assert!(text.contains("LimitExceeded"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_that_no_json_value_can_have_is_written_as_text() {
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for text in ["1e999", r#""\ud800""#, &nested, "{"] {
        let value = serde_json::to_value(Body::Json(text.into())).unwrap();
        assert_eq!(value, serde_json::Value::String(text.into()));
    }
    let value = serde_json::to_value(Body::Json("[1, 2]".into())).unwrap();
    assert_eq!(value, serde_json::json!([1, 2]));
}
