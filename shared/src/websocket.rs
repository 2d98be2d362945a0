//! WebSocket (RFC 6455) framing without I/O: bytes in, events out; payloads in, bytes out.
//!
//! [`Decoder`] reads the peer's frames, [`frame_header`] and [`encode_into`] write frames to it,
//! and [`handshake`] does the HTTP exchange before them. Nothing here uses sockets, clocks or
//! randomness: the caller supplies the bytes and the mask keys.
//!
//! Extensions are not supported, so the reserved bits are always zero and nothing is compressed.
//! Fragments are accepted but never sent.

mod decode;
mod encode;
mod error;
pub mod handshake;
mod mask;

pub use decode::{Decoder, WebSocketEvent};
pub use encode::{FrameHeader, encode_close, encode_into, frame_header};
pub use error::WebSocketError;
pub use mask::apply_mask;

/// The longest payload of a control frame (ping, pong, close), in bytes.
pub const MAX_CONTROL_PAYLOAD: usize = 125;
/// The longest reason in a close frame, in bytes: the payload without the code.
pub const MAX_CLOSE_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// The side of the connection. It determines whether incoming frames must be masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads masked frames, and sends unmasked ones.
    Server,
    /// Reads unmasked frames, and sends masked ones.
    Client,
}

/// The limits of a [`Decoder`] for its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest message, in bytes of payload of all its fragments.
    pub max_message: usize,
    /// The maximum number of frames of one message. A message in a single frame is always accepted.
    pub max_fragments: u32,
}

/// The kind of a frame, with its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OpCode {
    /// A further fragment of the current message.
    Continuation = 0x0,
    /// A message of UTF-8 text, or its first fragment.
    Text = 0x1,
    /// A message of bytes, or its first fragment.
    Binary = 0x2,
    /// The last frame in its direction.
    Close = 0x8,
    /// Asks for a pong with the same payload.
    Ping = 0x9,
    /// The answer to a ping, or an unsolicited sign of life.
    Pong = 0xA,
}

impl OpCode {
    /// Reads the four bits of a frame's opcode. Returns `None` for those that RFC 6455 reserves.
    #[must_use]
    pub fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Whether this is a ping, pong or close: short, never fragmented, allowed between fragments.
    #[must_use]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Whether a close frame may carry `code`: a registered code that is meant for the wire, or one of
/// 3000-4999, which are free for frameworks and applications.
#[must_use]
pub fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
