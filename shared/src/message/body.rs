//! The values of game logic in messages.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
use serde_json::value::RawValue;

/// A value of a type that game logic declared. [`crate::codec::decode_body`] reads it.
///
/// In JSON it is the value itself. A [`Self::Bytes`] has no type there, so it is written as
/// `{"bytes": "03"}`, with hexadecimal digits. That form is never read: it would be a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The binary form.
    Bytes(Vec<u8>),
    /// JSON text, which may be anything if it is from a client.
    Json(String),
}

impl Body {
    /// Returns the body of a JSON message that has none.
    pub(super) fn null() -> Self {
        Self::Json("null".to_owned())
    }

    /// Returns the number of bytes of the value in its form.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Json(text) => text.len(),
        }
    }

    /// Returns whether there are no bytes: the binary form of a value without fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The binary form of a value without fields.
impl Default for Body {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self, serializer.is_human_readable()) {
            (Self::Bytes(bytes), false) => {
                serializer.serialize_newtype_variant("Body", 0, "bytes", &RawBytes(bytes))
            }
            (Self::Json(text), false) => serializer.serialize_newtype_variant("Body", 1, "json", text),
            (Self::Bytes(bytes), true) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("bytes", &to_hex(bytes))?;
                map.end()
            }
            (Self::Json(text), true) => match serde_json::from_str::<&RawValue>(text) {
                Ok(value) if is_value(text) => value.serialize(serializer),
                // A binary client may send any text.
                _ => serializer.serialize_str(text),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let value = Box::<RawValue>::deserialize(deserializer)?;
            return Ok(Self::Json(Box::<str>::from(value).into_string()));
        }
        Ok(match BinaryBody::deserialize(deserializer)? {
            BinaryBody::Bytes(OwnedBytes(bytes)) => Self::Bytes(bytes),
            BinaryBody::Json(text) => Self::Json(text),
        })
    }
}

/// Returns whether a [`serde_json::Value`] can have this content. A [`RawValue`] may also be a
/// number beyond the range of a float, text with half a surrogate pair, or 200 lists in each other;
/// making a `Value` of such a message would fail.
fn is_value(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// [`Body`] as it is in the binary form of messages.
#[derive(Deserialize)]
#[serde(rename = "Body", rename_all = "snake_case")]
enum BinaryBody {
    Bytes(OwnedBytes),
    Json(String),
}

/// Bytes that are written at once. A list would be written byte by byte.
struct RawBytes<'a>(&'a [u8]);

impl Serialize for RawBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct OwnedBytes(Vec<u8>);

impl<'de> Deserialize<'de> for OwnedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor).map(Self)
    }
}

struct BytesVisitor;

impl de::Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
