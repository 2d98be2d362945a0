//! The HTTP exchange that turns a connection into a WebSocket.
//!
//! A server checks the request's key with [`is_valid_key`] and answers with [`accept_key`]. A
//! client uses [`ClientHandshake`] for its whole side.

mod client;
mod response;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};

pub use client::{AcceptedHandshake, ClientHandshake, ClientRequest};

/// The longest response that a client accepts, in bytes.
pub const MAX_RESPONSE: usize = 8 * 1024;

/// Returns the value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`.
#[must_use]
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

/// Whether `key` is a valid `Sec-WebSocket-Key`: 16 bytes in base64, with padding.
#[must_use]
pub fn is_valid_key(key: &str) -> bool {
    // The decoder needs space for three bytes per four characters.
    key.len() == 24 && STANDARD.decode_slice(key, &mut [0; 18]) == Ok(16)
}

/// A failed handshake of a client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The named part of the request cannot be sent: it is empty or has characters that do not
    /// belong in it.
    #[error("the request's {0} cannot be sent")]
    InvalidRequest(&'static str),
    /// The response is longer than [`MAX_RESPONSE`].
    #[error("response over {MAX_RESPONSE} bytes")]
    TooLong,
    /// The response is not HTTP/1.1.
    #[error("response is not HTTP/1.1")]
    Malformed,
    /// The server answered with a status other than 101. The bytes after the response are not
    /// WebSocket.
    #[error("server answered with status {0}")]
    Status(u16),
    /// The named header of the response is missing, repeated or wrong.
    #[error("response's {0} is missing or wrong")]
    Header(&'static str),
}
