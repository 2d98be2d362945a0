//! What a decoder tells its caller.

use crate::websocket::{OpCode, WebSocketError, is_close_code};

/// Something whole that the peer sent. It borrows from the input or from the
/// [`Decoder`](super::Decoder).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping; the payload, of up to 125 bytes, belongs into the pong. Only the latest needs an
    /// answer.
    Ping(&'a [u8]),
    /// A pong, with up to 125 bytes.
    Pong(&'a [u8]),
    /// The peer's last frame.
    Close {
        /// Why, if the peer says. One that [`is_close_code`] allows.
        code: Option<u16>,
        /// What else the peer says, up to 123 bytes. For logs, and even there with care.
        reason: &'a str,
    },
}

impl<'a> Event<'a> {
    /// What a whole message or control frame says. The opcode of a message is that of its first
    /// frame.
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
