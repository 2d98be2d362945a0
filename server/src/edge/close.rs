//! Closes connections: sends the client the reason, gives it time to answer, and then ends the
//! TCP connection.

use std::{io::IoSlice, rc::Rc, time::Duration};

use parlour_shared::{
    close::{Advice, CloseCode},
    codec,
    message::{Closing, ServerMessage},
    websocket::{MAX_CLOSE_REASON, OpCode, encode_close, encode_into},
};
use rustix::net::{Shutdown, shutdown, sockopt::set_socket_linger};

use super::{
    Rejection, Wire,
    connection::{CloseStep, Connection, Parting, Phase},
};
use crate::metrics::Closer;

/// The end of a reason that was shortened.
const ELLIPSIS: &str = "...";

impl Connection {
    /// Closes the connection because the client broke a rule or a limit. The rejection is counted
    /// and logged.
    pub(super) fn reject(self: &Rc<Self>, rejection: Rejection, detail: &str) {
        self.reject_with(rejection, detail, None);
    }

    /// Like [`Self::reject`], with the sentence in the close frame for JSON clients, where a person
    /// may be typing, and for every client that sends no valid hello in time. The sentence must
    /// contain no secret of the client, because it is also logged.
    pub(super) fn reject_with_reason(self: &Rc<Self>, rejection: Rejection, sentence: &str) {
        let is_sent = self.wire == Wire::Json || rejection == Rejection::HandshakeTimeout;
        self.reject_with(rejection, sentence, is_sent.then(|| reason(sentence)));
    }

    fn reject_with(self: &Rc<Self>, rejection: Rejection, detail: &str, reason: Option<String>) {
        if !matches!(self.phase.get(), Phase::Greeting | Phase::Open) {
            return;
        }
        self.io.shared.reject(rejection, self.peer, detail);
        let code = rejection.close_code().unwrap_or(CloseCode::Internal);
        self.close_with_reason(code, reason.as_deref().unwrap_or(code.reason()));
    }

    /// Like [`Self::reject`], for a client that may come back after this time at the earliest.
    pub(super) fn reject_for_now(self: &Rc<Self>, rejection: Rejection, wait: Duration) {
        if !matches!(self.phase.get(), Phase::Greeting | Phase::Open) {
            return;
        }
        self.io.shared.reject(rejection, self.peer, "");
        let code = rejection.close_code().unwrap_or(CloseCode::Internal);
        self.close_for(code, code.reason(), wait);
    }

    /// Closes the connection with this code. Waiting data is dropped for every code: the client
    /// needs the code and the time to reconnect more than old messages, and a stopping server waits
    /// only 2 s.
    pub(super) fn close(self: &Rc<Self>, code: CloseCode) {
        self.close_with_reason(code, code.reason());
    }

    /// Like [`Self::close`], with a different reason in the close frame: at most 123 bytes.
    pub(super) fn close_with_reason(self: &Rc<Self>, code: CloseCode, reason: &str) {
        self.close_for(code, reason, Duration::ZERO);
    }

    /// Closes the connection. A client that may come back waits at least this long.
    fn close_for(self: &Rc<Self>, code: CloseCode, reason: &str, wait: Duration) {
        if !matches!(self.phase.get(), Phase::Greeting | Phase::Open) {
            return;
        }
        let step = match code {
            CloseCode::Protocol | CloseCode::BadUtf8 | CloseCode::TooBig => CloseStep::HalfClose,
            _ => CloseStep::Await,
        };
        let mut frames = Vec::with_capacity(128);
        if code != CloseCode::Normal {
            self.encode_closing(code, wait, &mut frames);
        }
        encode_close(&mut frames, code.code(), reason, None);
        self.io.shared.metrics.edge.closes.add(Some(code), Closer::Server);
        self.begin_closing(&frames, step, parting_with(code));
    }

    /// Handles a close frame of the client. Returns `true` if both sides have sent one and nothing
    /// waits to be sent.
    pub(super) fn answer_close(self: &Rc<Self>, code: Option<u16>) -> bool {
        match self.phase.get() {
            Phase::Over => return true,
            Phase::Closing { begin, progress, .. } => {
                let step = CloseStep::HangUp;
                self.phase.set(Phase::Closing {
                    begin,
                    progress,
                    step,
                });
            }
            Phase::Greeting | Phase::Open => {
                let known = code.and_then(CloseCode::from_code);
                self.io.shared.metrics.edge.closes.add(known, Closer::Client);
                let mut frame = Vec::with_capacity(8);
                match code {
                    Some(code) => encode_close(&mut frame, code, "", None),
                    None => encode_into(&mut frame, OpCode::Close, &[], None),
                }
                // A browser sends 1001 when its page is closed or loaded again.
                let parting = match code {
                    None | Some(1000) => Parting::End,
                    Some(_) => Parting::Drop,
                };
                self.begin_closing(&frame, CloseStep::HangUp, parting);
            }
        }
        self.outbox.borrow().is_empty()
    }

    /// Aborts the connection. The kernel discards what it still keeps for the client.
    pub(super) fn abort(&self) {
        // Without this, the kernel would try to send for minutes. If it fails, the connection is
        // already gone.
        let _ = set_socket_linger(&self.stream, Some(Duration::ZERO));
        self.hang_up();
    }

    /// Ends reading and writing, which wakes the tasks of this connection. Its session may be
    /// resumed.
    pub(super) fn hang_up(&self) {
        self.leave_session(Parting::Drop);
        if self.phase.replace(Phase::Over) != Phase::Over {
            let _ = shutdown(&self.stream, Shutdown::Both);
        }
    }

    /// Takes the next step of closing, if the connection is closing. Call this when the outbox is
    /// empty.
    pub(super) fn continue_closing(&self) {
        if let Phase::Closing { step, .. } = self.phase.get() {
            match step {
                CloseStep::Await => {}
                CloseStep::HalfClose => drop(shutdown(&self.stream, Shutdown::Write)),
                CloseStep::HangUp => self.hang_up(),
            }
        }
    }

    fn begin_closing(self: &Rc<Self>, frames: &[u8], step: CloseStep, parting: Parting) {
        self.leave_session(parting);
        // Nothing may follow a close frame. Of the waiting data, only the rest of a frame that was
        // sent in part may precede it.
        self.forget_pong();
        self.outbox.borrow_mut().drop_unsent_frames();
        let begin = self.io.now();
        let progress = begin;
        self.phase.set(Phase::Closing {
            begin,
            progress,
            step,
        });
        self.schedule_check();
        // No limit applies: this adds a few hundred bytes, once.
        self.push(&[IoSlice::new(frames)], usize::MAX);
        if step == CloseStep::HalfClose && self.outbox.borrow().is_empty() {
            self.continue_closing();
        }
    }

    fn encode_closing(&self, code: CloseCode, wait: Duration, out: &mut Vec<u8>) {
        let wait = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        let message = ServerMessage::Closing(Closing {
            code,
            reconnect_after_ms: match code.advice() {
                Advice::Resume | Advice::Reconnect => {
                    wait.saturating_add(self.io.shared.spread.after_ms(&self.io.random))
                }
                Advice::Stop => 0,
            },
        });
        match self.wire {
            Wire::Binary => {
                let mut payload = Vec::with_capacity(16);
                codec::encode(&message, &mut payload);
                encode_into(out, OpCode::Binary, &payload, None);
            }
            Wire::Json => encode_into(out, OpCode::Text, codec::to_json(&message).as_bytes(), None),
        }
    }
}

/// Returns what becomes of the session of a connection that is closed with this code.
fn parting_with(code: CloseCode) -> Parting {
    match code {
        // The server ends, and its sessions with it.
        CloseCode::Internal | CloseCode::ServiceRestart => Parting::End,
        code if code.advice() == Advice::Resume => Parting::Drop,
        _ => Parting::End,
    }
}

/// Makes a sentence fit into a close frame: at most 123 bytes, and printable ASCII, which a
/// terminal shows unchanged.
fn reason(sentence: &str) -> String {
    let printable = |character| {
        if matches!(character, ' '..='~') {
            character
        } else {
            '?'
        }
    };
    let mut reason: String = sentence.chars().map(printable).collect();
    if reason.len() > MAX_CLOSE_REASON {
        reason.truncate(MAX_CLOSE_REASON - ELLIPSIS.len());
        reason.push_str(ELLIPSIS);
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_printable() {
        assert_eq!(reason("a \u{7}\u{202e}\u{e9} b"), "a ??? b");
        assert_eq!(reason(&"x".repeat(123)), "x".repeat(123));
        assert_eq!(reason(&"\u{e9}".repeat(200)), "?".repeat(120) + "...");
    }
}
