//! The events that a decoder returns.

use crate::websocket::{OpCode, WebSocketError, is_close_code};

/// A complete message or control frame from the peer. It borrows from the input or from the
/// [`Decoder`](super::Decoder).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebSocketEvent<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping, with up to 125 bytes that belong in the pong. Only the latest ping needs an answer.
    Ping(&'a [u8]),
    /// A pong, with up to 125 bytes.
    Pong(&'a [u8]),
    /// The peer's last frame.
    Close {
        /// The close code, one that [`is_close_code`] allows. `None`: the peer sent no code.
        code: Option<u16>,
        /// The peer's reason, up to 123 bytes. Use it only in logs, and treat it as untrusted.
        reason: &'a str,
    },
}

impl<'a> WebSocketEvent<'a> {
    /// Returns the event of a complete message or control frame. The opcode of a message is that of
    /// its first frame.
    pub(super) fn new(opcode: OpCode, payload: &'a [u8]) -> Result<Self, WebSocketError> {
        let text = |bytes| str::from_utf8(bytes).map_err(|_| WebSocketError::InvalidUtf8);
        Ok(match opcode {
            OpCode::Text => Self::Text(text(payload)?),
            OpCode::Binary | OpCode::Continuation => Self::Binary(payload),
            OpCode::Ping => Self::Ping(payload),
            OpCode::Pong => Self::Pong(payload),
            OpCode::Close => match *payload {
                [] => Self::Close {
                    code: None,
                    reason: "",
                },
                [_] => return Err(WebSocketError::TruncatedCloseCode),
                [high, low, ref reason @ ..] => {
                    let code = u16::from_be_bytes([high, low]);
                    if !is_close_code(code) {
                        return Err(WebSocketError::InvalidCloseCode(code));
                    }
                    Self::Close {
                        code: Some(code),
                        reason: text(reason)?,
                    }
                }
            },
        })
    }
}
