//! The one place where structured messages become bytes or text, and the other way round.
//!
//! Binary is bincode 2 with its standard configuration: little endian, integers of 16 bits and more
//! as varints. JSON is what serde derives. Decoding is strict: every byte is used, and in the one
//! way that encoding would have written it.

mod mistake;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    limits::{MAX_CLIENT_MESSAGE, MAX_RECORDED_MESSAGE, MAX_SAVED_PART, MAX_SERVER_FRAME},
    message::{ClientMessage, ServerKind, ServerMessage},
};

/// A number that changes with the form of any message: a client built from other types is told so
/// at once instead of misreading. A test computes it from the types and says the new one when it
/// differs.
pub const SCHEMA: u32 = 0x1805_dcf3;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes do not decode: unknown variant, truncated, a length over the rest.
    #[error("not a message: {0}")]
    Malformed(String),
    /// The message is followed by more bytes.
    #[error("{0} bytes after the message")]
    TrailingBytes(usize),
    /// The bytes decode, but are not what encoding writes: an integer longer than it need be.
    #[error("message not in its shortest form")]
    NotCanonical,
}

/// A hello as a person types it.
pub const HELLO_EXAMPLE: &str = r#"{"hello":{"protocol":1,"name":"Ada"}}"#;

/// The first byte of a snapshot: the number of [`ServerMessage::Snapshot`].
pub const SNAPSHOT_OPCODE: u8 = ServerKind::Snapshot as u8;

/// Appends the binary form. Allocates only if `out` has to grow.
pub fn encode<T: Serialize>(message: &T, out: &mut Vec<u8>) {
    // Encoding into memory fails only for types that serde cannot describe to bincode; ours are
    // tested to be none.
    bincode::serde::encode_into_writer(message, Appending(out), config::<MAX_SERVER_FRAME>())
        .expect("messages are encodable and a Vec takes all bytes");
}

/// Reads the binary form of a client's message.
///
/// # Errors
/// [`CodecError`] for anything that [`encode`] would not have written.
pub fn decode_client(bytes: &[u8]) -> Result<ClientMessage, CodecError> {
    decode_canonical::<MAX_CLIENT_MESSAGE>(bytes)
}

/// Reads the binary form of a client's message that was accepted once, in whatever form, and kept:
/// as [`decode_client`], with room to spare, because a number counts at its full width here and in
/// JSON it does not.
///
/// # Errors
/// [`CodecError`] for anything that [`encode`] would not have written.
pub fn decode_recorded(bytes: &[u8]) -> Result<ClientMessage, CodecError> {
    decode_canonical::<{ 2 * MAX_RECORDED_MESSAGE }>(bytes)
}

/// Reads the binary form of a server's message other than a snapshot.
///
/// # Errors
/// [`CodecError`] if the bytes are no message or a snapshot.
pub fn decode_server(bytes: &[u8]) -> Result<ServerMessage, CodecError> {
    if bytes.first() == Some(&SNAPSHOT_OPCODE) {
        return Err(CodecError::Malformed("a snapshot is packed by hand".into()));
    }
    decode_exact::<ServerMessage, MAX_SERVER_FRAME>(bytes)
}

/// Reads any type in the binary form, as plugins do for their messages and components.
///
/// # Errors
/// [`CodecError`] if the bytes are not exactly one value.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_exact::<T, MAX_CLIENT_MESSAGE>(bytes)
}

/// Reads a saved part of a world's state, which may be as large as a keyframe.
///
/// # Errors
/// [`CodecError`] if the bytes are not exactly one value.
pub fn decode_state<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_exact::<T, MAX_SAVED_PART>(bytes)
}

/// The JSON form.
#[must_use]
pub fn to_json(message: &ServerMessage) -> String {
    serde_json::to_string(message).expect("messages have string keys only and cannot fail")
}

/// Reads the JSON form of a client's message.
///
/// # Errors
/// [`CodecError::Malformed`] with a sentence that says what is wrong, for the person who typed the
/// text: printable ASCII, and without any value of the text, which may be a secret.
pub fn from_json(text: &str) -> Result<ClientMessage, CodecError> {
    serde_json::from_str(text).map_err(|error| CodecError::Malformed(mistake::sentence(text, &error)))
}

fn decode_canonical<const LIMIT: usize>(bytes: &[u8]) -> Result<ClientMessage, CodecError> {
    let message = decode_exact::<ClientMessage, LIMIT>(bytes)?;
    // bincode takes a number in a longer form than necessary; one message, one form.
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

/// The limit bounds what a length in the input may make us allocate.
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

/// Compares what would be written with what was read, without a buffer.
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
            None => Err(bincode::error::EncodeError::Other("another form")),
        }
    }
}
