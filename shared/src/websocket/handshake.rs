//! The HTTP exchange that turns a connection into a WebSocket.
//!
//! A server checks the request's key with [`is_valid_key`] and answers with [`accept_key`]; a
//! client does all of its side with [`ClientHandshake`].

mod client;
mod response;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};

pub use client::{Accepted, ClientHandshake, ClientRequest};

/// The longest response a client reads, in bytes.
pub const MAX_RESPONSE: usize = 8 * 1024;

/// The value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`.
#[must_use]
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

/// Whether `key` is what `Sec-WebSocket-Key` has to be: 16 bytes in base64, with padding.
#[must_use]
pub fn is_valid_key(key: &str) -> bool {
    // The decoder wants room for three bytes from every four characters.
    key.len() == 24 && STANDARD.decode_slice(key, &mut [0; 18]) == Ok(16)
}

/// Why a client's handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// A part of the request cannot be sent: it is empty, or has characters that would end the
    /// line. It names the part.
    #[error("the request's {0} cannot be sent")]
    InvalidRequest(&'static str),
    /// The response is longer than [`MAX_RESPONSE`].
    #[error("response over {MAX_RESPONSE} bytes")]
    TooLong,
    /// The response is not HTTP/1.1.
    #[error("response is not HTTP/1.1")]
    Malformed,
    /// The server answered with another status than 101. What follows the response is not
    /// WebSocket.
    #[error("server answered with status {0}")]
    Status(u16),
    /// A header of the response is missing, repeated or wrong. It names the header.
    #[error("response's {0} is missing or wrong")]
    Header(&'static str),
}
