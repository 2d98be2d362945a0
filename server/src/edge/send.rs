//! How frames get out: straight to the socket as long as it takes them, else through the outbox.

use std::{
    io::{self, IoSlice},
    rc::Rc,
    time::Instant,
};

use parlour_shared::{
    close::CloseCode,
    codec,
    message::ServerMessage,
    websocket::{OpCode, frame_header},
};
use tokio::task::spawn_local;

use super::{
    Reject, Wire,
    connection::{Connection, Phase},
    json::TranscodeError,
};
use crate::bridge::inbound::What;

/// Frames in one write: a tick gives one session seldom more than two.
pub(super) const MAX_FRAMES: usize = 8;

impl Connection {
    /// Sends frames as the world wrote them: at most [`MAX_FRAMES`].
    pub(super) fn send_payloads<'a>(self: &Rc<Self>, payloads: impl Iterator<Item = &'a [u8]>) {
        let metrics = &self.io.shared.metrics.edge;
        match self.wire {
            Wire::Binary => {
                let mut frames: [&[u8]; MAX_FRAMES] = [&[]; MAX_FRAMES];
                let mut count = 0;
                for (frame, payload) in frames.iter_mut().zip(payloads) {
                    *frame = payload;
                    count += 1;
                    metrics.outbound.add(kind(payload), 1, payload.len() as u64);
                }
                self.write(OpCode::Binary, &frames[..count]);
            }
            Wire::Json => {
                let mut texts: [String; MAX_FRAMES] = Default::default();
                let mut count = 0;
                for (text, payload) in texts.iter_mut().zip(payloads) {
                    match self.transcode(payload) {
                        Ok(json) => *text = json,
                        Err(error) => {
                            tracing::error!(peer = %self.peer, %error, "cannot write JSON");
                            self.close(CloseCode::Internal);
                            return;
                        }
                    }
                    metrics.outbound.add(kind(payload), 1, text.len() as u64);
                    count += 1;
                }
                let frames = texts.each_ref().map(String::as_bytes);
                self.write(OpCode::Text, &frames[..count]);
            }
        }
    }

    fn transcode(&self, payload: &[u8]) -> Result<String, TranscodeError> {
        let mut transcoder = self.transcoder.borrow_mut();
        transcoder.get_or_insert_default().transcode(payload)
    }

    /// Sends a message that the edge itself made.
    pub(super) fn send_message(self: &Rc<Self>, message: &ServerMessage) {
        let mut payload = Vec::new();
        codec::encode(message, &mut payload);
        self.send_payloads(std::iter::once(&payload[..]));
    }

    /// Sends a control frame other than a close frame.
    pub(super) fn send_control(self: &Rc<Self>, opcode: OpCode, payload: &[u8]) {
        self.write(opcode, &[payload]);
    }

    /// Answers a ping; while the outbox is not empty, only the newest.
    pub(super) fn pong(self: &Rc<Self>, payload: &[u8]) {
        if self.blocked.get().is_some() {
            *self.pong.borrow_mut() = Some(payload.into());
        } else {
            self.send_control(OpCode::Pong, payload);
        }
    }

    /// Writes frames to the socket, and what it does not take to the outbox.
    fn write(self: &Rc<Self>, opcode: OpCode, payloads: &[&[u8]]) {
        let limit = self.io.shared.options.outbox_bytes;
        let headers: [_; MAX_FRAMES] = std::array::from_fn(|at| {
            frame_header(opcode, payloads.get(at).map_or(0, |payload| payload.len()), None)
        });
        let mut slices = [IoSlice::new(&[]); 2 * MAX_FRAMES];
        for ((pair, header), payload) in slices.chunks_exact_mut(2).zip(&headers).zip(payloads) {
            pair[0] = IoSlice::new(header.as_bytes());
            pair[1] = IoSlice::new(payload);
        }
        let slices = &slices[..2 * payloads.len().min(MAX_FRAMES)];
        if self.push(slices, limit) {
            self.refuse(Reject::SlowConsumer, "outbox full");
        }
    }

    /// Sends whole frames, or queues them. `true`: the outbox ran over.
    pub(super) fn push(self: &Rc<Self>, slices: &[IoSlice<'_>], limit: usize) -> bool {
        if self.phase.get() == Phase::Over {
            return false;
        }
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut outbox = self.outbox.borrow_mut();
        let mut sent = 0;
        if outbox.is_empty() {
            match self.stream.try_write_vectored(slices) {
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
        drop(outbox);
        self.block();
        false
    }

    /// The socket takes no more: no snapshots, please, until it does.
    fn block(self: &Rc<Self>) {
        if self.blocked.get().is_some() {
            return;
        }
        self.blocked.set(Some(Instant::now()));
        self.io.shared.metrics.edge.blocked.inc();
        if let Some(session) = self.session() {
            self.io.inbound.control(session, What::Hold);
        }
        spawn_local(drain(Rc::clone(self)));
    }

    /// The outbox is empty.
    fn unblock(self: &Rc<Self>) {
        self.forget_blocked();
        let pong = self.pong.borrow_mut().take();
        if let Some(payload) = pong {
            self.send_control(OpCode::Pong, &payload);
        }
        if self.blocked.get().is_none() {
            self.drained();
            if let Some(session) = self.session() {
                self.io.inbound.control(session, What::Release);
            }
        }
    }

    /// Sends what waits, as far as the socket takes it. `false`: more waits.
    fn flush(&self) -> bool {
        let mut outbox = self.outbox.borrow_mut();
        match self.stream.try_write(outbox.waiting()) {
            Ok(sent) => outbox.advance(sent),
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

/// Empties the outbox as the socket takes it.
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

/// The kind of a message to a client, by its first byte.
fn kind(payload: &[u8]) -> usize {
    payload.first().map_or(0, |&opcode| opcode.into())
}
