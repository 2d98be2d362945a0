//! The client side of WebSocket framing, without a socket.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

use parlour_client::Address;
use parlour_shared::{
    limits::{MAX_FRAGMENTS, MAX_SERVER_FRAME, SUBPROTOCOL_BINARY},
    rng::{Purpose, Stream},
    websocket::{
        Decoder, Limits, OpCode, Role, WebSocketError, WebSocketEvent, encode_close, encode_into,
        handshake::{ClientHandshake, ClientRequest, HandshakeError},
    },
};

/// An incoming message or control frame. Control frames are already answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncomingFrame<'a> {
    /// A binary message.
    Message(&'a [u8]),
    /// A ping, already answered, or a pong.
    Control,
    /// A text message, which the binary protocol does not have.
    Text,
    /// The server closes the connection. Its close frame is already answered.
    Close {
        /// The close code, or `None` if the frame has none.
        code: Option<u16>,
    },
}

/// One connection's framing.
#[derive(Debug)]
pub struct Framing {
    decoder: Decoder,
    masks: Stream,
}

impl Default for Framing {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing {
    /// Returns the framing of a connection just after the handshake.
    #[must_use]
    pub fn new() -> Self {
        let limits = Limits {
            max_message: MAX_SERVER_FRAME,
            max_fragments: MAX_FRAGMENTS,
        };
        Self {
            decoder: Decoder::new(Role::Client, limits),
            masks: Stream::new(entropy(), 0, Purpose::Game),
        }
    }

    /// Removes the next message or control frame from the front of `input`. Returns `None` if it is
    /// incomplete. Appends answers to `out`.
    ///
    /// # Errors
    /// [`WebSocketError`]; the connection is unusable afterwards.
    pub fn next<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<IncomingFrame<'d>>, WebSocketError> {
        let Self { decoder, masks } = self;
        let Some(event) = decoder.next(input)? else {
            return Ok(None);
        };
        Ok(Some(match event {
            WebSocketEvent::Binary(message) => IncomingFrame::Message(message),
            WebSocketEvent::Text(_) => IncomingFrame::Text,
            WebSocketEvent::Pong(_) => IncomingFrame::Control,
            WebSocketEvent::Ping(payload) => {
                encode_into(out, OpCode::Pong, payload, Some(next_mask(masks)));
                IncomingFrame::Control
            }
            WebSocketEvent::Close { code, .. } => {
                let answer = code.map(u16::to_be_bytes);
                let payload = answer.as_ref().map_or(&[][..], |code| code);
                encode_into(out, OpCode::Close, payload, Some(next_mask(masks)));
                IncomingFrame::Close { code }
            }
        }))
    }

    /// Appends a message to `out`.
    pub fn message(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let mask = next_mask(&mut self.masks);
        encode_into(out, OpCode::Binary, payload, Some(mask));
    }

    /// Appends a close frame to `out`. It must be the last frame.
    pub fn close(&mut self, code: u16, out: &mut Vec<u8>) {
        let mask = next_mask(&mut self.masks);
        encode_close(out, code, "", Some(mask));
    }
}

/// Starts the handshake with a server. The returned bytes are the request to send.
///
/// # Errors
/// [`HandshakeError`] if the address has characters that are not allowed in a request.
pub fn handshake(address: &Address) -> Result<(ClientHandshake, Vec<u8>), HandshakeError> {
    let mut nonce = [0; 16];
    let (high, low) = nonce.split_at_mut(8);
    high.copy_from_slice(&entropy().to_le_bytes());
    low.copy_from_slice(&entropy().to_le_bytes());
    ClientHandshake::start(&ClientRequest {
        host: &address.authority(),
        path: &address.path,
        nonce,
        subprotocols: &[SUBPROTOCOL_BINARY],
        headers: &[],
    })
}

/// Returns a mask. Masks must be unpredictable only in a browser, where they keep scripts from
/// writing plain text to a proxy. Here a cheap stream is enough.
fn next_mask(masks: &mut Stream) -> [u8; 4] {
    (masks.next_u64() as u32).to_le_bytes()
}

/// Returns 64 bits that differ from run to run: the standard library seeds the hasher from the
/// system's randomness.
fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}
