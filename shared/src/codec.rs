//! Encodes structured messages as bytes and text, and decodes them.
//!
//! The binary form is bincode 2 with its standard configuration: little endian, integers of 16 bits
//! and more as varints. The JSON form is what serde derives. Decoding is strict: it rejects
//! trailing bytes, and in a message anything that encoding would not have written.

mod body;
mod json_error;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    limits::{MAX_CLIENT_MESSAGE, MAX_RECORDED_MESSAGE, MAX_SAVED_PART, MAX_SERVER_FRAME},
    message::{ClientMessage, CustomSaid, ServerKind, ServerMessage},
};
pub use body::decode_body;
pub(crate) use body::decode_bytes;

/// A number that changes with the form of any message. A server rejects a client that was built
/// from different types, which would misread its messages. A test computes the number from the
/// types, and prints the new one when it differs.
pub const SCHEMA: u32 = 0x2e88_c72b;

/// Bytes that are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes do not decode: an unknown variant, a truncated message, or a length that exceeds
    /// the remaining bytes.
    #[error("not a message: {0}")]
    Malformed(String),
    /// More bytes follow the message.
    #[error("{0} bytes after the message")]
    TrailingBytes(usize),
    /// The bytes decode, but encoding writes something different: an integer is longer than
    /// necessary.
    #[error("message is not in its shortest form")]
    NotCanonical,
    /// The value has no binary form, for example a sequence of unknown length.
    #[error("the value cannot be encoded: {0}")]
    NotEncodable(String),
}

/// A hello in JSON, as a person would type it.
pub const HELLO_EXAMPLE: &str = r#"{"hello":{"protocol":1,"name":"Ada"}}"#;

/// The first byte of a snapshot: the number of [`ServerMessage::Snapshot`].
pub const SNAPSHOT_OPCODE: u8 = ServerKind::Snapshot as u8;

/// Appends the binary form to `out`. Allocates only if `out` has to grow.
pub fn encode<T: Serialize>(message: &T, out: &mut Vec<u8>) {
    // Encoding into memory fails only for types that bincode cannot represent; tests check that
    // ours are not among them.
    bincode::serde::encode_into_writer(message, Appending(out), config::<MAX_SERVER_FRAME>())
        .expect("messages are encodable and a Vec accepts all bytes");
}

/// Like [`encode`], for values of types that are not ours.
///
/// # Errors
/// [`CodecError::NotEncodable`]. `out` may then end with a part of the value.
pub fn try_encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
    bincode::serde::encode_into_writer(value, Appending(out), config::<MAX_SERVER_FRAME>())
        .map_err(|error| CodecError::NotEncodable(error.to_string()))
}

/// Reads the binary form of a client's message.
///
/// # Errors
/// [`CodecError`] for anything that [`encode`] would not have written.
pub fn decode_client(bytes: &[u8]) -> Result<ClientMessage, CodecError> {
    decode_canonical::<ClientMessage, MAX_CLIENT_MESSAGE>(bytes)
}

/// Reads the binary form of a client's message from a recording. Like [`decode_client`], with a
/// higher limit: the message may have arrived as JSON, and bincode counts numbers against the limit
/// at their full width.
///
/// # Errors
/// [`CodecError`] for anything that [`encode`] would not have written.
pub fn decode_recorded(bytes: &[u8]) -> Result<ClientMessage, CodecError> {
    decode_canonical::<ClientMessage, { 2 * MAX_RECORDED_MESSAGE }>(bytes)
}

/// Reads the binary form of a server's message other than a snapshot.
///
/// # Errors
/// [`CodecError`] for a snapshot, and for anything that [`encode`] would not have written.
pub fn decode_server(bytes: &[u8]) -> Result<ServerMessage, CodecError> {
    if bytes.first() == Some(&SNAPSHOT_OPCODE) {
        return Err(CodecError::Malformed(
            "a snapshot is not a structured message".into(),
        ));
    }
    decode_canonical::<ServerMessage, MAX_SERVER_FRAME>(bytes)
}

/// Reads a value of any type in the binary form. Plugins use it for their messages and components.
///
/// # Errors
/// [`CodecError`] if the bytes are not exactly one value.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_exact::<T, MAX_CLIENT_MESSAGE>(bytes)
}

/// The bytes of a replicated component without fields. No bytes mean that the entity does not have
/// the component.
pub const UNIT_COMPONENT: &[u8] = &[1];

/// Replaces `out` with the bytes of a replicated component in snapshots. A component without fields
/// is one byte, [`UNIT_COMPONENT`]; all others have the binary form. Allocates only if `out` has to
/// grow.
pub fn encode_component<C: Serialize>(component: &C, out: &mut Vec<u8>) {
    out.clear();
    encode(component, out);
    if out.is_empty() {
        out.extend_from_slice(UNIT_COMPONENT);
    }
}

/// Reads a replicated component from a snapshot.
///
/// # Errors
/// [`CodecError`] if the bytes are not exactly one value.
pub fn decode_component<C: DeserializeOwned>(bytes: &[u8]) -> Result<C, CodecError> {
    decode(bytes).or_else(|error| match bytes {
        UNIT_COMPONENT => decode(&[]).map_err(|_| error),
        _ => Err(error),
    })
}

impl CustomSaid {
    /// Decodes the body. `T` must have the same fields as the type of the plugin, in the same
    /// order. The bytes do not contain names, so check [`Self::name`] first.
    ///
    /// # Errors
    /// [`CodecError`] if the body is not exactly one value of this type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        decode_body(&self.body)
    }
}

/// Reads a saved part of a world's state, which may be as large as a keyframe.
///
/// # Errors
/// [`CodecError`] if the bytes are not exactly one value.
pub fn decode_state<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_exact::<T, MAX_SAVED_PART>(bytes)
}

/// Returns the JSON form.
#[must_use]
pub fn to_json(message: &ServerMessage) -> String {
    serde_json::to_string(message).expect("messages have only string keys, so encoding cannot fail")
}

/// Reads the JSON form of a client's message.
///
/// # Errors
/// [`CodecError::Malformed`] with a sentence for the person who typed the text. It is printable
/// ASCII and repeats no value of the text, which may be a secret.
pub fn from_json(text: &str) -> Result<ClientMessage, CodecError> {
    serde_json::from_str(text).map_err(|error| CodecError::Malformed(json_error::sentence(text, &error)))
}

/// Like [`decode_exact`], and rejects numbers that are longer than necessary. bincode accepts them,
/// but a message must have exactly one binary form.
fn decode_canonical<T: Serialize + DeserializeOwned, const LIMIT: usize>(
    bytes: &[u8],
) -> Result<T, CodecError> {
    let message = decode_exact::<T, LIMIT>(bytes)?;
    let mut canonical = CanonicalCheck { expected: bytes };
    bincode::serde::encode_into_writer(&message, &mut canonical, config::<LIMIT>())
        .map_err(|_| CodecError::NotCanonical)?;
    Ok(message)
}

fn decode_exact<T: DeserializeOwned, const LIMIT: usize>(bytes: &[u8]) -> Result<T, CodecError> {
    let (message, used) = bincode::serde::decode_from_slice(bytes, config::<LIMIT>())
        .map_err(|error| CodecError::Malformed(error.to_string()))?;
    match bytes.len() - used {
        0 => Ok(message),
        rest => Err(CodecError::TrailingBytes(rest)),
    }
}

/// The limit bounds how much a length in the input can make us allocate.
fn config<const LIMIT: usize>() -> Configuration<LittleEndian, Varint, Limit<LIMIT>> {
    bincode::config::standard().with_limit::<LIMIT>()
}

struct Appending<'a>(&'a mut Vec<u8>);

impl bincode::enc::write::Writer for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Compares the encoded bytes with the input, without a buffer.
struct CanonicalCheck<'a> {
    expected: &'a [u8],
}

impl bincode::enc::write::Writer for CanonicalCheck<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        match self.expected.strip_prefix(bytes) {
            Some(rest) => {
                self.expected = rest;
                Ok(())
            }
            None => Err(bincode::error::EncodeError::Other("a different form")),
        }
    }
}
