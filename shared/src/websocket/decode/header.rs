//! Reads and validates the headers of frames.

use super::{Decoder, Message, take_front};
use crate::websocket::{MAX_CONTROL_PAYLOAD, OpCode, Role, WebSocketError};

/// A frame whose header was read, and whose payload is incomplete.
#[derive(Debug)]
pub(super) struct PartialFrame {
    pub(super) opcode: OpCode,
    /// Whether the message ends with this frame.
    pub(super) last: bool,
    /// Bytes of the payload that have not arrived yet.
    pub(super) remaining: usize,
    /// The mask key, rotated to the next byte of the payload.
    pub(super) mask: Option<[u8; 4]>,
}

/// The first bytes of an incomplete header.
#[derive(Debug, Default)]
pub(super) struct PartialHeader {
    bytes: [u8; 14],
    len: usize,
}

impl PartialHeader {
    /// Returns the `N` bytes at `begin`, or `None` if they have not all arrived. Callers read the
    /// bytes in order.
    fn bytes<const N: usize>(&mut self, begin: usize, input: &mut &mut [u8]) -> Option<[u8; N]> {
        let end = begin + N;
        let bytes = take_front(input, end.saturating_sub(self.len));
        self.bytes[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
        self.bytes[..self.len].get(begin..end)?.try_into().ok()
    }
}

impl Decoder {
    /// Reads a frame's header and counts the frame. Returns `None` if the input ends first.
    pub(super) fn read_header(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<PartialFrame>, WebSocketError> {
        // When more bytes of the header arrive, it is checked again from its beginning. No state
        // changes until it is complete.
        let Some([first, second]) = self.header.bytes(0, input) else {
            return Ok(None);
        };
        let opcode = self.check_kind(first, second)?;
        let (len, len_bytes) = match second & 0x7F {
            126 => {
                let Some(len) = self.header.bytes(2, input) else {
                    return Ok(None);
                };
                (u64::from(u16::from_be_bytes(len)), 2)
            }
            127 => {
                let Some(len) = self.header.bytes(2, input) else {
                    return Ok(None);
                };
                (u64::from_be_bytes(len), 8)
            }
            len => (u64::from(len), 0),
        };
        let remaining = self.check_length(opcode, len, len_bytes)?;
        let mask = match self.role {
            Role::Server => {
                let Some(key) = self.header.bytes(2 + len_bytes, input) else {
                    return Ok(None);
                };
                Some(key)
            }
            Role::Client => None,
        };
        self.header.len = 0;

        match (&mut self.message, opcode) {
            (Some(message), OpCode::Continuation) => message.fragments += 1,
            (message, OpCode::Text | OpCode::Binary) => {
                *message = Some(Message {
                    opcode,
                    fragments: 1,
                    len: 0,
                    valid_len: 0,
                });
            }
            _ => {}
        }
        Ok(Some(PartialFrame {
            opcode,
            last: first & 0x80 != 0,
            remaining,
            mask,
        }))
    }

    /// Checks the first two bytes of a frame and returns its opcode.
    fn check_kind(&self, first: u8, second: u8) -> Result<OpCode, WebSocketError> {
        if first & 0x70 != 0 {
            return Err(WebSocketError::ReservedBits);
        }
        let bits = first & 0x0F;
        let opcode = OpCode::from_bits(bits).ok_or(WebSocketError::UnknownOpCode(bits))?;
        match (self.role, second & 0x80 != 0) {
            (Role::Server, false) => return Err(WebSocketError::Unmasked),
            (Role::Client, true) => return Err(WebSocketError::Masked),
            (Role::Server, true) | (Role::Client, false) => {}
        }
        match (opcode, &self.message) {
            (OpCode::Close | OpCode::Ping | OpCode::Pong, _) => {
                if first & 0x80 == 0 {
                    return Err(WebSocketError::FragmentedControl);
                }
                if usize::from(second & 0x7F) > MAX_CONTROL_PAYLOAD {
                    return Err(WebSocketError::ControlTooLong);
                }
            }
            (OpCode::Text | OpCode::Binary, None) => {}
            (OpCode::Text | OpCode::Binary, Some(_)) => return Err(WebSocketError::InterleavedMessage),
            (OpCode::Continuation, None) => return Err(WebSocketError::UnexpectedContinuation),
            (OpCode::Continuation, Some(message)) => {
                if message.fragments >= self.limits.max_fragments {
                    return Err(WebSocketError::TooManyFragments);
                }
            }
        }
        Ok(opcode)
    }

    /// Checks the length of a payload, which was written in `len_bytes` further bytes, and returns
    /// it.
    fn check_length(&self, opcode: OpCode, len: u64, len_bytes: usize) -> Result<usize, WebSocketError> {
        if len >> 63 != 0 {
            return Err(WebSocketError::LengthOverflow);
        }
        if (len_bytes == 2 && len < 126) || (len_bytes == 8 && len <= 0xFFFF) {
            return Err(WebSocketError::NonMinimalLength);
        }
        let room = if opcode.is_control() {
            MAX_CONTROL_PAYLOAD
        } else {
            self.limits.max_message.saturating_sub(self.message_len())
        };
        usize::try_from(len)
            .ok()
            .filter(|len| *len <= room)
            .ok_or(WebSocketError::MessageTooLong)
    }
}
