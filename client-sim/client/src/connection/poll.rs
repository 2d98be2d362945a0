//! Polls a connection for its next event. A connection does all of its reading, writing and waiting
//! here.

use std::{
    io,
    task::{Context, Poll, ready},
    time::Instant,
};

use futures_util::{SinkExt as _, StreamExt as _};
use parlour_shared::{
    close::CloseCode,
    message::{Refusal, Refused},
};
use tokio_tungstenite::tungstenite::{
    Error as SocketError, Message,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode as SocketCode},
};

use super::{
    Connection,
    error::{Cause, Disconnected, SendError},
    heartbeat::Silence,
    input::Sample,
    now,
};
use crate::{command::Command, event::Event, violation::Violation};

/// The code for a close frame without a code (RFC 6455).
const NO_CODE: u16 = 1005;

impl Connection {
    /// Returns the next event from the socket or the clock. After the end, each call returns the
    /// end again.
    pub(super) fn poll_socket(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Disconnected>> {
        if let Some(end) = &self.end {
            return Poll::Ready(Err(end.clone()));
        }
        let result = ready!(self.poll_open(cx));
        if let Err(end) = &result {
            self.end = Some(end.clone());
            // From now on, sending through a handle returns an error.
            self.commands.close();
        }
        Poll::Ready(result)
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Disconnected>> {
        loop {
            // Write before reading, so that a flood of incoming messages does not delay commands.
            self.poll_commands(cx);
            let next_sample = match self.poll_input(cx) {
                Poll::Pending if self.is_leaving => None,
                Poll::Ready(event) => return Poll::Ready(Ok(event)),
                Poll::Pending => self
                    .input
                    .next(&self.client, self.handle.steering().get(cx.waker()), now()),
            };
            self.poll_flush(cx);
            if let Poll::Ready(result) = self.poll_read(cx) {
                match result? {
                    Some(event) => return Poll::Ready(Ok(event)),
                    None => continue,
                }
            }
            let silent_at = match self.heartbeat.look(now()) {
                Silence::Until(at) => at,
                Silence::Gone(time) => return Poll::Ready(Err(self.ended(Cause::Silent(time)))),
                Silence::Ping => {
                    self.heartbeat.pinged(now());
                    self.write_if_ready(cx, Command::Ping);
                    continue;
                }
            };
            let deadline = next_sample.map_or(silent_at, |sample| sample.min(silent_at));
            ready!(self.poll_timer(cx, deadline));
        }
    }

    /// Takes the command out of `command` and sends it, once the socket is ready.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        command: &mut Option<Command>,
    ) -> Poll<Result<u32, SendError>> {
        if self.end.is_some() || self.write_error.is_some() {
            return Poll::Ready(Err(SendError::Disconnected));
        }
        // The commands in the handles' queue are older.
        self.poll_commands(cx);
        if let Err(error) = ready!(self.socket.poll_ready_unpin(cx)) {
            self.write_failed(error);
            return Poll::Ready(Err(SendError::Disconnected));
        }
        let number = command.take().map_or(0, |command| self.write(command));
        self.poll_flush(cx);
        Poll::Ready(match &self.write_error {
            None => Ok(number),
            Some(_) => Err(SendError::Disconnected),
        })
    }

    /// Sends the commands in the queue of the handles, while the socket is ready.
    fn poll_commands(&mut self, cx: &mut Context<'_>) {
        while !self.is_leaving && self.is_ready(cx) {
            match self.commands.poll_recv(cx) {
                Poll::Ready(Some(command)) => drop(self.write(command)),
                // The connection itself has a handle, so the queue is not closed before its end.
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
    }

    /// Sends the walk that is due. Ready with a frame when the program must read its keys.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if self.is_leaving {
            return Poll::Pending;
        }
        loop {
            let wanted = self.handle.steering().get(cx.waker());
            let now = now();
            if self
                .input
                .next(&self.client, wanted, now)
                .is_none_or(|next| next > now)
            {
                return Poll::Pending;
            }
            match self.input.due(&self.client, wanted, now) {
                None => return Poll::Pending,
                Some(Sample::Frame(tick)) => return Poll::Ready(Event::Frame { tick }),
                Some(Sample::Walk(heading, tick)) => {
                    let at = Some(tick);
                    if self.write_if_ready(cx, Command::Walk { heading, at }) {
                        self.input.sent(heading, now);
                    }
                }
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event>, Disconnected>> {
        let message = match ready!(self.socket.poll_next_unpin(cx)) {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Poll::Ready(Err(self.failed(error))),
            None => return Poll::Ready(Err(self.lost(io::ErrorKind::UnexpectedEof.into()))),
        };
        let now = now();
        self.heartbeat.heard(now);
        Poll::Ready(match message {
            Message::Binary(bytes) => self.take_in(cx, &bytes, now).map(Some),
            Message::Text(_) => Err(self.violated(cx, Violation::Text)),
            // tungstenite has already answered pings.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
            Message::Close(frame) => {
                // Send the answer to the close frame if the socket is ready. It does not have to
                // arrive.
                self.poll_flush(cx);
                let (code, reason) = match frame {
                    Some(frame) => (frame.code.into(), printable(frame.reason.as_str())),
                    None => (NO_CODE, String::new()),
                };
                Err(self.ended(Cause::Closed { code, reason }))
            }
        })
    }

    fn take_in(&mut self, cx: &mut Context<'_>, message: &[u8], now: Instant) -> Result<Event, Disconnected> {
        let received = match self.client.receive(message, now) {
            Ok(received) => received,
            Err(violation) => return Err(self.violated(cx, violation)),
        };
        if let Some(violation) = received.violation {
            if self.strict {
                return Err(self.violated(cx, violation));
            }
            self.violations += 1;
            self.last_violation = Some(violation);
        }
        match &received.event {
            Event::Welcome => {
                if let Some(welcome) = self.client.welcome() {
                    self.heartbeat.set(welcome.heartbeat_ms);
                }
            }
            Event::Resumed { .. } => self.input.lost(),
            Event::Entered => self.input.enter_room(),
            Event::Closing(closing) => self.closing = Some(*closing),
            // In a room, this answers a command, which has no number.
            Event::Refused(Refused {
                request: 0,
                refusal: Refusal::WorldRestarted,
            }) if self.client.room().is_some() => self.input.lost(),
            _ => {}
        }
        if self.is_ready(cx) {
            let mut ack = Vec::new();
            self.client.acknowledge(&mut ack);
            if !ack.is_empty() {
                self.write_message(Message::Binary(ack.into()));
            }
        }
        Ok(received.event)
    }

    fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        if self.write_error.is_some() {
            return false;
        }
        match self.socket.poll_ready_unpin(cx) {
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => {
                self.write_failed(error);
                false
            }
            Poll::Pending => false,
        }
    }

    /// Sends a command if the socket is ready, and returns whether it was. The caller tries again
    /// later.
    fn write_if_ready(&mut self, cx: &mut Context<'_>, command: Command) -> bool {
        let is_ready = self.is_ready(cx);
        if is_ready {
            self.write(command);
        }
        is_ready
    }

    /// Writes a command to the socket, which must be ready. Returns its number.
    fn write(&mut self, command: Command) -> u32 {
        if command == Command::Bye {
            self.is_leaving = true;
            self.commands.close();
        }
        let mut payload = Vec::new();
        let number = self.client.command(command, now(), &mut payload);
        self.write_message(Message::Binary(payload.into()));
        number
    }

    /// Writes the hello to the socket, which must be ready.
    pub(super) fn write_hello(&mut self, settings: &crate::Settings) {
        let mut payload = Vec::new();
        self.client.hello(settings, &mut payload);
        self.write_message(Message::Binary(payload.into()));
    }

    /// Writes the requests again that the server has not handled.
    pub(super) fn write_unheard(&mut self) {
        let unheard: Vec<_> = self.client.unheard().map(<[u8]>::to_vec).collect();
        for payload in unheard {
            self.write_message(Message::Binary(payload.into()));
        }
    }

    fn write_message(&mut self, message: Message) {
        if let Err(error) = self.socket.start_send_unpin(message) {
            self.write_failed(error);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) {
        if self.write_error.is_none()
            && let Poll::Ready(Err(error)) = self.socket.poll_flush_unpin(cx)
        {
            self.write_failed(error);
        }
    }

    fn write_failed(&mut self, error: SocketError) {
        let error = self.failed(error);
        self.write_error.get_or_insert(error);
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(deadline);
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(cx)
    }

    /// Ends the connection after a violation. Sends the server a close frame if the socket is
    /// ready.
    fn violated(&mut self, cx: &mut Context<'_>, violation: Violation) -> Disconnected {
        let frame = CloseFrame {
            code: SocketCode::from(CloseCode::Protocol.code()),
            reason: "".into(),
        };
        self.write_message(Message::Close(Some(frame)));
        self.poll_flush(cx);
        self.ended(Cause::Violation(violation))
    }

    fn ended(&self, cause: Cause) -> Disconnected {
        Disconnected::new(cause, self.closing)
    }

    fn lost(&self, error: io::Error) -> Disconnected {
        match &self.write_error {
            Some(first) => first.clone(),
            None => self.ended(Cause::Lost(error.into())),
        }
    }

    fn failed(&self, error: SocketError) -> Disconnected {
        match error {
            SocketError::Io(error) => self.lost(error),
            SocketError::ConnectionClosed
            | SocketError::AlreadyClosed
            | SocketError::Protocol(
                ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
            ) => self.lost(io::ErrorKind::UnexpectedEof.into()),
            other => self.ended(Cause::WebSocket(other.to_string())),
        }
    }
}

/// Drops control characters, because the reason is shown to people. It has at most 123 bytes.
fn printable(reason: &str) -> String {
    reason.chars().filter(|letter| !letter.is_control()).collect()
}
