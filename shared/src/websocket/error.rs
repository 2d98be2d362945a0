//! Violations of the WebSocket protocol.

use super::MAX_CONTROL_PAYLOAD;

/// The peer broke the protocol or a limit. The connection cannot continue: send a close frame with
/// [`close_code`](Self::close_code) and end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebSocketError {
    /// A bit that only extensions use is set.
    #[error("reserved bits are set")]
    ReservedBits,
    /// A reserved opcode.
    #[error("unknown opcode {0:#x}")]
    UnknownOpCode(u8),
    /// A server received a frame without a mask.
    #[error("frame from a client is not masked")]
    Unmasked,
    /// A client received a frame with a mask.
    #[error("frame from a server is masked")]
    Masked,
    /// A ping, pong or close whose header says that more fragments follow.
    #[error("fragmented control frame")]
    FragmentedControl,
    /// A ping, pong or close that is too long.
    #[error("control frame over {MAX_CONTROL_PAYLOAD} bytes")]
    ControlTooLong,
    /// A length that is written in more bytes than it needs.
    #[error("length is not in its shortest form")]
    NonMinimalLength,
    /// A length with the highest of its 64 bits set.
    #[error("length of more than 63 bits")]
    LengthOverflow,
    /// A continuation without a message to continue.
    #[error("continuation without a message")]
    UnexpectedContinuation,
    /// A new message before the last fragment of the current one.
    #[error("message begins inside another message")]
    InterleavedMessage,
    /// A message in more frames than [`Limits::max_fragments`](super::Limits::max_fragments).
    #[error("message in too many fragments")]
    TooManyFragments,
    /// A close frame with only one byte of the code.
    #[error("close frame with a payload of one byte")]
    TruncatedCloseCode,
    /// A close frame with a code that must not be on the wire.
    #[error("close code {0} is not allowed in a frame")]
    InvalidCloseCode(u16),
    /// A text message or the reason of a close frame is not UTF-8.
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// A message over [`Limits::max_message`](super::Limits::max_message). Returned when a frame
    /// announces a length that would exceed it, before any of that frame is buffered.
    #[error("message too long")]
    MessageTooLong,
}

impl WebSocketError {
    /// Returns the code for the close frame that answers this: 1002, 1007 or 1009. RFC 6455 does
    /// not limit fragments, so a message with too many of them counts as too big, not as a protocol
    /// error.
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
