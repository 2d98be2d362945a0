//! Encodes payloads as frames.

use super::{MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD, OpCode, apply_mask, is_close_code};

/// The bytes of a frame before its payload: 2, 4 or 10 without a mask, and 4 more with one.
#[derive(Clone, Copy, Debug)]
pub struct FrameHeader {
    bytes: [u8; 14],
    len: u8,
}

impl FrameHeader {
    /// Returns the bytes on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    fn push(&mut self, bytes: &[u8]) {
        let begin = usize::from(self.len);
        self.bytes[begin..begin + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len() as u8;
    }
}

impl AsRef<[u8]> for FrameHeader {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Returns the header of a whole message or control frame with `payload_len` bytes of payload.
/// Write it before the payload, which need not be copied.
///
/// A server passes no mask. A client passes a fresh random key for each frame, and applies
/// [`apply_mask`] to the payload.
#[must_use]
pub fn frame_header(opcode: OpCode, payload_len: usize, mask: Option<[u8; 4]>) -> FrameHeader {
    debug_assert!(
        !opcode.is_control() || payload_len <= MAX_CONTROL_PAYLOAD,
        "control frame of {payload_len} bytes"
    );
    let mask_bit = if mask.is_some() { 0x80 } else { 0 };
    let mut header = FrameHeader {
        bytes: [0; 14],
        len: 0,
    };
    header.push(&[0x80 | opcode as u8]);
    match payload_len {
        0..=125 => header.push(&[mask_bit | payload_len as u8]),
        126..=0xFFFF => {
            header.push(&[mask_bit | 126]);
            header.push(&(payload_len as u16).to_be_bytes());
        }
        _ => {
            header.push(&[mask_bit | 127]);
            header.push(&(payload_len as u64).to_be_bytes());
        }
    }
    if let Some(key) = mask {
        header.push(&key);
    }
    header
}

/// Appends a whole frame to `out`. For `mask` see [`frame_header`].
pub fn encode_into(out: &mut Vec<u8>, opcode: OpCode, payload: &[u8], mask: Option<[u8; 4]>) {
    let header = frame_header(opcode, payload.len(), mask);
    out.reserve(header.as_bytes().len() + payload.len());
    out.extend_from_slice(header.as_bytes());
    let begin = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = mask {
        apply_mask(&mut out[begin..], key);
    }
}

/// Appends a close frame to `out`. [`is_close_code`] must allow `code`. A reason over 123 bytes is
/// cut at the last whole character that fits. For a close frame without a code, use
/// `encode_into(out, OpCode::Close, &[], mask)`.
pub fn encode_close(out: &mut Vec<u8>, code: u16, reason: &str, mask: Option<[u8; 4]>) {
    debug_assert!(is_close_code(code), "close code {code} on the wire");
    let reason = &reason[..reason.floor_char_boundary(MAX_CLOSE_REASON)];
    let mut payload = [0; MAX_CONTROL_PAYLOAD];
    let len = 2 + reason.len();
    payload[..2].copy_from_slice(&code.to_be_bytes());
    payload[2..len].copy_from_slice(reason.as_bytes());
    encode_into(out, OpCode::Close, &payload[..len], mask);
}
