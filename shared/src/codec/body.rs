//! Reads values of game logic from messages, in both forms.

use serde::de::DeserializeOwned;

use super::{CodecError, decode_exact, json_error};
use crate::{
    limits::{MAX_CLIENT_MESSAGE, MAX_CUSTOM_BYTES, MAX_SERVER_FRAME},
    message::Body,
};

/// Reads the value of a body.
///
/// JSON text must have exactly the fields of the type; serde's attributes `default` and `alias`
/// apply. A type without fields can be written as `null` and as `{}`.
///
/// # Errors
/// [`CodecError`] if the body is not exactly one value of this type. The error for JSON text is a
/// sentence that names the wrong field.
pub fn decode_body<T: DeserializeOwned>(body: &Body) -> Result<T, CodecError> {
    match body {
        Body::Bytes(bytes) => decode_bytes(bytes),
        Body::Json(text) => from_json(text).or_else(|error| without_fields(text).ok_or(error)),
    }
}

/// Reads the binary form of a value, which may be as long as a message of the server. A body of a
/// client, which is short, cannot make this allocate more than [`MAX_CLIENT_MESSAGE`], whatever
/// length it claims for a string.
pub(crate) fn decode_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    if bytes.len() <= MAX_CUSTOM_BYTES {
        decode_exact::<T, MAX_CLIENT_MESSAGE>(bytes)
    } else {
        decode_exact::<T, MAX_SERVER_FRAME>(bytes)
    }
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, CodecError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut unknown = None;
    let value = serde_ignored::deserialize(&mut deserializer, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    match (value, unknown) {
        (Ok(value), None) => Ok(value),
        (Ok(_), Some(path)) => Err(CodecError::Malformed(format!("there is no field `{path}`"))),
        (Err(error), _) => Err(CodecError::Malformed(json_error::body_sentence(text, &error))),
    }
}

/// Returns the value of a type without fields. serde accepts only one of `null` and `{}` for it,
/// depending on how the type is declared.
fn without_fields<T: DeserializeOwned>(text: &str) -> Option<T> {
    let is_nothing = matches!(text.trim(), "null" | "{}");
    is_nothing.then(|| decode_bytes(&[]).ok())?
}
