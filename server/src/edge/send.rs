//! Sends frames: directly to the socket while it takes them, otherwise through the outbox.

use std::{
    io::{self, IoSlice},
    rc::Rc,
};

use parlour_shared::{
    close::CloseCode,
    codec,
    json_forms::JsonForms,
    message::{ServerKind, ServerMessage},
    websocket::{OpCode, encode_into, frame_header},
};
use rustix::{io::Errno, net::SendFlags};
use tokio::{io::Interest, task::spawn_local};

use super::{
    Rejection, Wire,
    connection::{Connection, Phase},
    json::TranscodeError,
    unsent,
};
use crate::metrics::EdgeMetrics;

/// The maximum number of frames in one write. A tick rarely has more than two for a session.
pub(super) const MAX_FRAMES: usize = 8;
/// The maximum number of bytes that are copied together before they are sent. A small copy costs
/// less than a gathering write of the kernel; a large one costs more.
const COPIED: usize = 8 * 1024;
/// Sends without waiting, and without a signal if the connection is gone. On other systems the
/// socket has this setting from its start.
#[cfg(target_os = "linux")]
pub(super) const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
#[cfg(not(target_os = "linux"))]
pub(super) const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT;

impl Connection {
    /// Sends frames of the world, at most [`MAX_FRAMES`]. `forms` are those of the world.
    pub(super) fn send_payloads<'a>(
        self: &Rc<Self>,
        payloads: impl Iterator<Item = &'a [u8]>,
        forms: &JsonForms,
        sent: &mut SentCounts,
    ) {
        let mut frames: [&[u8]; MAX_FRAMES] = [&[]; MAX_FRAMES];
        let mut count = 0;
        for (frame, payload) in frames.iter_mut().zip(payloads) {
            *frame = payload;
            count += 1;
        }
        let frames = &frames[..count];
        match self.wire {
            Wire::Binary => {
                for frame in frames {
                    sent.count(frame, frame.len());
                }
                self.write(OpCode::Binary, frames);
            }
            Wire::Json => {
                let mut texts: [String; MAX_FRAMES] = Default::default();
                for (text, payload) in texts.iter_mut().zip(frames) {
                    match self.transcode(payload, forms) {
                        Ok(json) => *text = json,
                        Err(error) => {
                            tracing::error!(peer = %self.peer, %error, "cannot write JSON");
                            self.close(CloseCode::Internal);
                            return;
                        }
                    }
                    sent.count(payload, text.len());
                }
                let texts = texts.each_ref().map(String::as_bytes);
                self.write(OpCode::Text, &texts[..count]);
            }
        }
    }

    fn transcode(&self, payload: &[u8], forms: &JsonForms) -> Result<String, TranscodeError> {
        let mut transcoder = self.transcoder.borrow_mut();
        transcoder.get_or_insert_default().transcode(payload, forms)
    }

    /// Sends a message of the edge.
    pub(super) fn send_message(self: &Rc<Self>, message: &ServerMessage) {
        let mut payload = Vec::new();
        codec::encode(message, &mut payload);
        if let Some(session) = self.session() {
            session.note_sent(&payload, None, self.io.shared.options.resume_bytes);
        }
        let mut sent = SentCounts::default();
        self.send_payloads(std::iter::once(&payload[..]), JsonForms::none(), &mut sent);
        sent.add_to(&self.io.shared.metrics.edge);
    }

    /// Sends a control frame other than a close frame.
    pub(super) fn send_control(self: &Rc<Self>, opcode: OpCode, payload: &[u8]) {
        self.write(opcode, &[payload]);
    }

    /// Answers a ping. While the outbox is not empty, only the newest ping is answered.
    pub(super) fn pong(self: &Rc<Self>, payload: &[u8]) {
        if self.stalled_since.get().is_some() {
            *self.pong.borrow_mut() = Some(payload.into());
        } else {
            self.send_control(OpCode::Pong, payload);
        }
    }

    /// Writes frames to the socket, and the rest to the outbox.
    fn write(self: &Rc<Self>, opcode: OpCode, payloads: &[&[u8]]) {
        let limit = self.io.shared.options.outbox_bytes;
        let total: usize = payloads.iter().map(|payload| payload.len()).sum();
        let full = if total <= COPIED {
            let mut scratch = self.io.frames.borrow_mut();
            scratch.clear();
            for payload in payloads {
                encode_into(&mut scratch, opcode, payload, None);
            }
            self.push(&[IoSlice::new(&scratch)], limit)
        } else {
            self.push_in_place(opcode, payloads, limit)
        };
        if full {
            self.reject(Rejection::SlowConsumer, "the outbox is full");
        }
    }

    /// Like [`Self::write`], without copying the payloads. Returns `true` if the outbox overflows.
    fn push_in_place(self: &Rc<Self>, opcode: OpCode, payloads: &[&[u8]], limit: usize) -> bool {
        let headers: [_; MAX_FRAMES] = std::array::from_fn(|at| {
            frame_header(opcode, payloads.get(at).map_or(0, |payload| payload.len()), None)
        });
        let mut slices = [IoSlice::new(&[]); 2 * MAX_FRAMES];
        for ((pair, header), payload) in slices.chunks_exact_mut(2).zip(&headers).zip(payloads) {
            pair[0] = IoSlice::new(header.as_bytes());
            pair[1] = IoSlice::new(payload);
        }
        self.push(&slices[..2 * payloads.len().min(MAX_FRAMES)], limit)
    }

    /// Sends whole frames, or queues them. Returns `true` if the outbox overflows.
    pub(super) fn push(self: &Rc<Self>, slices: &[IoSlice<'_>], limit: usize) -> bool {
        if self.phase.get() == Phase::Over {
            return false;
        }
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut outbox = self.outbox.borrow_mut();
        let mut sent = 0;
        if outbox.is_empty() {
            let result = match slices {
                [bytes] => self.send_now(bytes),
                _ => self.stream.try_write_vectored(slices),
            };
            match result {
                Ok(count) if count == total => return false,
                Ok(count) => sent = count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    drop(outbox);
                    self.abort();
                    return false;
                }
            }
        }
        if outbox.push(slices.iter().map(|slice| &**slice), limit).is_err() {
            return true;
        }
        outbox.advance(sent);
        let waiting = outbox.len();
        drop(outbox);
        self.block();
        if waiting > unsent::HIGH_LEVEL && !self.many_unsent.get() {
            // Immediately, before the remaining messages of the tick are added.
            self.set_many_unsent(true);
            self.flush();
        }
        false
    }

    /// Sends bytes with `send`, which costs less than `writev`, and without asking the runtime
    /// first: while nothing waits, the socket usually takes everything. Only a full socket involves
    /// the runtime.
    fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        let send = || rustix::net::send(&self.stream, bytes, SEND_FLAGS);
        match send() {
            Err(Errno::AGAIN) => self.stream.try_io(Interest::WRITABLE, || Ok(send()?)),
            result => Ok(result?),
        }
    }

    /// Handles a socket that takes no more data: the session is held until the outbox is empty.
    fn block(self: &Rc<Self>) {
        if self.stalled_since.get().is_some() {
            return;
        }
        self.stalled_since.set(Some(self.io.now()));
        self.schedule_check();
        self.io.shared.metrics.edge.stalled.increment(1);
        if self.session_id().is_some() {
            self.io.shared.metrics.edge.holds.increment(1);
            self.set_held(true);
        }
        spawn_local(drain(Rc::clone(self)));
    }

    /// Handles an empty outbox.
    fn unblock(self: &Rc<Self>) {
        self.forget_stall();
        let pong = self.pong.borrow_mut().take();
        if let Some(payload) = pong {
            self.send_control(OpCode::Pong, &payload);
        }
        if self.stalled_since.get().is_none() {
            self.continue_closing();
            self.set_held(false);
        }
    }

    /// Sets whether the kernel may keep many unsent bytes, or few.
    fn set_many_unsent(&self, many: bool) {
        if self.many_unsent.replace(many) != many {
            // If this fails, the bound does not change, which is harmless.
            let _ = unsent::bound(&self.stream, if many { unsent::MANY } else { unsent::FEW });
        }
    }

    /// Sends waiting bytes, as many as the socket takes. Returns `false` if some still wait.
    fn flush(&self) -> bool {
        let mut outbox = self.outbox.borrow_mut();
        if outbox.len() <= unsent::LOW_LEVEL {
            self.set_many_unsent(false);
        }
        let kept = if self.many_unsent.get() {
            unsent::LOW_LEVEL
        } else {
            0
        };
        let now = outbox.len().saturating_sub(kept);
        match self.stream.try_write(&outbox.waiting()[..now]) {
            Ok(0) => {}
            Ok(sent) => {
                outbox.advance(sent);
                self.note_progress();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => {
                drop(outbox);
                self.abort();
                return true;
            }
        }
        outbox.is_empty()
    }
}

/// Empties the outbox as the socket takes bytes.
async fn drain(connection: Rc<Connection>) {
    loop {
        let writable = connection.stream.writable().await;
        if connection.phase.get() == Phase::Over {
            return;
        }
        if writable.is_err() {
            connection.abort();
            return;
        }
        if connection.flush() {
            break;
        }
    }
    if connection.phase.get() != Phase::Over {
        connection.unblock();
    }
}

/// Sent messages and their bytes, by kind. They are summed here before they are added to the shared
/// counters.
#[derive(Default)]
pub(super) struct SentCounts([(u64, u64); ServerKind::ALL.len()]);

impl SentCounts {
    /// Counts a message. Its first byte is its kind.
    fn count(&mut self, payload: &[u8], bytes: usize) {
        if let Some(kind) = ServerKind::of(payload) {
            let (messages, sum) = &mut self.0[kind as usize];
            *messages += 1;
            *sum += bytes as u64;
        }
    }

    pub(super) fn add_to(&self, metrics: &EdgeMetrics) {
        for (kind, (messages, bytes)) in ServerKind::ALL.into_iter().zip(self.0) {
            if messages > 0 {
                metrics.messages_out.add(kind, messages);
                metrics.bytes_out.add(kind, bytes);
            }
        }
    }
}
