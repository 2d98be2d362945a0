//! Decodes the peer's bytes into events.

mod event;
mod header;

use std::mem;

pub use event::WebSocketEvent;

use self::header::{PartialFrame, PartialHeader};
use super::{Limits, OpCode, Role, WebSocketError, apply_mask};

/// Turns the bytes of one connection into [`WebSocketEvent`]s.
///
/// A message that arrives in one piece is unmasked in place and borrowed from the input, without a
/// copy or an allocation. Only a message that is incomplete when the input ends is buffered. The
/// buffer grows with the bytes received, not with the announced length, and is freed after the
/// message is returned. An idle connection uses no memory beyond this struct.
///
/// ```
/// use parlour_shared::websocket::{Decoder, WebSocketEvent, Limits, Role};
///
/// let mut decoder = Decoder::new(Role::Client, Limits { max_message: 1024, max_fragments: 64 });
/// let mut scratch = *b"\x82\x02hi\x89\x00";
/// let mut rest = &mut scratch[..];
/// let mut seen = 0;
/// while let Some(event) = decoder.next(&mut rest)? {
///     assert_eq!(event, [WebSocketEvent::Binary(b"hi"), WebSocketEvent::Ping(b"")][seen]);
///     seen += 1;
/// }
/// assert_eq!(seen, 2);
/// # Ok::<(), parlour_shared::websocket::WebSocketError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    limits: Limits,
    /// Set after a close frame or an error.
    finished: bool,
    /// The beginning of a frame whose header is incomplete.
    header: PartialHeader,
    /// The frame whose payload is being read.
    frame: Option<PartialFrame>,
    /// The message that the frames read so far belong to.
    message: Option<Message>,
    /// The first `message.len` bytes are the current message; the received part of the current
    /// frame follows. Between two calls it also contains the payload that was lent last, until
    /// [`Self::take_back`].
    buffer: Vec<u8>,
}

impl Decoder {
    /// Returns a decoder for a connection just after the handshake.
    #[must_use]
    pub fn new(role: Role, limits: Limits) -> Self {
        Self {
            role,
            limits,
            finished: false,
            header: PartialHeader::default(),
            frame: None,
            message: None,
            buffer: Vec::new(),
        }
    }

    /// Reads up to the next event and removes its bytes from the front of `input`, which it may
    /// overwrite. Call it until it returns `None`: then all of `input` is consumed, an incomplete
    /// message is buffered, and unneeded memory is freed. After a close frame or an error it
    /// discards all input and always returns `None`.
    ///
    /// # Errors
    /// [`WebSocketError`] at the first violation, as early as possible: for a frame's header before
    /// its payload arrives, and for invalid UTF-8 at the end of a fragment.
    pub fn next<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<WebSocketEvent<'d>>, WebSocketError> {
        self.take_back();
        if self.finished {
            *input = &mut [];
            return Ok(None);
        }
        let (opcode, payload) = match self.read_payload(input) {
            Ok(Some(whole)) => whole,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.finished = true;
                self.buffer = Vec::new();
                return Err(error);
            }
        };
        let payload = match payload {
            Payload::Input(payload) => payload,
            Payload::Buffer { begin } => &self.buffer[begin..],
        };
        let event = WebSocketEvent::new(opcode, payload);
        self.finished = matches!(event, Err(_) | Ok(WebSocketEvent::Close { .. }));
        event.map(Some)
    }

    /// Returns the heap memory of this decoder, in bytes.
    #[must_use]
    pub fn buffered_capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Drops the payload that the last event borrowed, and frees the buffer if no message is
    /// incomplete.
    fn take_back(&mut self) {
        if self.finished {
            self.buffer = Vec::new();
        } else if self.frame.is_none() {
            self.buffer.truncate(self.message_len());
            if self.buffer.is_empty() {
                self.buffer = Vec::new();
            }
        }
    }

    /// Reads frames until a control frame or a message is complete. Returns `None` if the input
    /// ends first.
    fn read_payload<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<(OpCode, Payload<'i>)>, WebSocketError> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.read_header(input)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let bytes = take_front(input, frame.remaining);
            if let Some(key) = &mut frame.mask {
                apply_mask(bytes, *key);
                key.rotate_left(bytes.len() % 4);
            }
            frame.remaining -= bytes.len();
            if frame.remaining > 0 {
                self.buffer.extend_from_slice(bytes);
                self.frame = Some(frame);
                return Ok(None);
            }
            if frame.opcode.is_control() {
                return Ok(Some((frame.opcode, self.lend(bytes, self.message_len()))));
            }
            let mut message = self
                .message
                .take()
                .expect("read_header rejects a data frame without a message");
            if frame.last {
                return Ok(Some((message.opcode, self.lend(bytes, 0))));
            }
            self.buffer.extend_from_slice(bytes);
            message.len = self.buffer.len();
            if message.opcode == OpCode::Text {
                message.valid_len += valid_utf8_len(&self.buffer[message.valid_len..])?;
            }
            self.message = Some(message);
        }
    }

    /// Returns the payload that begins at `begin` in the buffer and ends with `bytes`. Borrows from
    /// the input if none of it was buffered.
    fn lend<'i>(&mut self, bytes: &'i [u8], begin: usize) -> Payload<'i> {
        if self.buffer.len() == begin {
            Payload::Input(bytes)
        } else {
            self.buffer.extend_from_slice(bytes);
            Payload::Buffer { begin }
        }
    }

    fn message_len(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.len)
    }
}

#[derive(Debug)]
struct Message {
    opcode: OpCode,
    /// Number of frames begun.
    fragments: u32,
    /// Bytes in the complete frames before the last one.
    len: usize,
    /// Bytes at the front that are known to be valid UTF-8, if this is text.
    valid_len: usize,
}

/// The location of a complete payload.
enum Payload<'i> {
    Input(&'i [u8]),
    /// From `begin` to the end of the buffer.
    Buffer {
        begin: usize,
    },
}

/// Removes up to `count` bytes from the front of `input` and returns them.
fn take_front<'i>(input: &mut &'i mut [u8], count: usize) -> &'i mut [u8] {
    let count = count.min(input.len());
    let (front, rest) = mem::take(input).split_at_mut(count);
    *input = rest;
    front
}

/// Returns how many bytes of `bytes` are complete characters. The rest must be the beginning of
/// one.
fn valid_utf8_len(bytes: &[u8]) -> Result<usize, WebSocketError> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.len()),
        Err(error) if error.error_len().is_none() => Ok(error.valid_up_to()),
        Err(_) => Err(WebSocketError::InvalidUtf8),
    }
}
