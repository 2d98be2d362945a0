//! Why a peer's bytes are not WebSocket.

use super::MAX_CONTROL_PAYLOAD;

/// A peer broke the protocol or a limit. The connection cannot go on: send a close frame with
/// [`close_code`](Self::close_code) and hang up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebSocketError {
    /// One of the bits that only extensions use is set.
    #[error("reserved bits are set")]
    ReservedBits,
    /// An opcode that has no meaning yet.
    #[error("unknown opcode {0:#x}")]
    UnknownOpCode(u8),
    /// A server was sent a frame without a mask.
    #[error("frame from a client is not masked")]
    Unmasked,
    /// A client was sent a frame with a mask.
    #[error("frame from a server is masked")]
    Masked,
    /// A ping, pong or close that claims to be the beginning of more.
    #[error("fragmented control frame")]
    FragmentedControl,
    /// A ping, pong or close that is too long.
    #[error("control frame over {MAX_CONTROL_PAYLOAD} bytes")]
    ControlTooLong,
    /// A length written in more bytes than it needs.
    #[error("length not in its shortest form")]
    NonMinimalLength,
    /// A length with the highest of its 64 bits set.
    #[error("length of more than 63 bits")]
    LengthOverflow,
    /// A continuation while no message is under way.
    #[error("continuation of no message")]
    UnexpectedContinuation,
    /// A new message while the fragments of another are under way.
    #[error("message begins inside another")]
    InterleavedMessage,
    /// A message in more frames than [`Limits::max_fragments`](super::Limits::max_fragments).
    #[error("message in too many fragments")]
    TooManyFragments,
    /// A close frame with half a code.
    #[error("close frame with a payload of one byte")]
    TruncatedCloseCode,
    /// A close frame with a code that must not be on the wire.
    #[error("close code {0} is not allowed in a frame")]
    InvalidCloseCode(u16),
    /// A text message or the reason of a close frame is not UTF-8.
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// A message over [`Limits::max_message`](super::Limits::max_message); said when the frame that
    /// would exceed it announces its length, before any of that frame is kept.
    #[error("message too long")]
    MessageTooLong,
}

impl WebSocketError {
    /// The code for the close frame that answers this: 1002, 1007 or 1009. RFC 6455 has no limit on
    /// fragments, so a message with too many is too big and breaks no rule.
    #[must_use]
    pub fn close_code(&self) -> u16 {
        match self {
            Self::InvalidUtf8 => 1007,
            Self::MessageTooLong | Self::TooManyFragments => 1009,
            Self::ReservedBits
            | Self::UnknownOpCode(_)
            | Self::Unmasked
            | Self::Masked
            | Self::FragmentedControl
            | Self::ControlTooLong
            | Self::NonMinimalLength
            | Self::LengthOverflow
            | Self::UnexpectedContinuation
            | Self::InterleavedMessage
            | Self::TruncatedCloseCode
            | Self::InvalidCloseCode(_) => 1002,
        }
    }
}
