//! The client with a socket: a WebSocket on the current tokio runtime.

mod error;
mod handle;
mod heartbeat;
mod input;
mod open;
mod options;
mod poll;
#[cfg(feature = "tls")]
mod tls;

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::Stream;
use parlour_shared::{
    ids::Tick,
    message::{Closing, Refused},
    motion::{Heading, Position},
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::{client::Client, command::Command, event::Event, violation::Violation};
use handle::check_length;
use heartbeat::Heartbeat;
use input::InputClock;

pub use error::{Cause, ConnectError, Disconnected, JoinError, SendError, TrySendError};
pub use handle::{COMMAND_QUEUE, Handle};
pub use options::Options;

/// How many events may wait to be read while a [`Connection::join`] waits for its answer.
/// Consecutive snapshots count as one.
pub const MAX_UNREAD_EVENTS: usize = 1024;

/// How long the server may take to answer a goodbye.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A connection with an open session. The [crate's documentation](crate) is a guide to it.
///
/// Dropping it closes the socket, and the player leaves its room; [`Self::close`] says goodbye
/// first.
///
/// As a `Stream` it yields the events of [`Self::next_event`]; the last item is the error with
/// which it ended.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    socket: Socket,
    handle: Handle,
    commands: mpsc::Receiver<Command>,
    /// Events that arrived while a join waited for its answer.
    unread: VecDeque<Event>,
    input: InputClock,
    heartbeat: Heartbeat,
    timer: Pin<Box<Sleep>>,
    timeout: Duration,
    strict: bool,
    violations: u64,
    last_violation: Option<Violation>,
    /// The server's notice about the close that it is about to begin.
    closing: Option<Closing>,
    /// Whether the goodbye was sent: no command and no walk follows it.
    is_leaving: bool,
    /// Set when the socket takes no more data. The server's last messages can still be read.
    write_error: Option<Disconnected>,
    end: Option<Disconnected>,
    /// Whether the end was returned: a stream has no item after it.
    is_end_given: bool,
}

impl Connection {
    /// Connects to `ws://host:port/path` or `wss://host/path`, says hello, and waits for the
    /// welcome.
    ///
    /// # Errors
    /// [`ConnectError`]; its `reconnect_after` says whether to try again.
    pub async fn open(address: &str, options: Options) -> Result<Self, ConnectError> {
        let address = address.parse()?;
        let limit = options.timeout;
        timeout(limit, Box::pin(open::open(&address, options)))
            .await
            .unwrap_or(Err(ConnectError::TimedOut(limit)))
    }

    /// Returns what the client knows: the room, the players in sight, its own motion.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns a handle that sends commands from another task or thread.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Waits for the next event.
    ///
    /// If this future is dropped before it completes, no event is lost.
    ///
    /// # Errors
    /// [`Disconnected`] at the end of the connection, and again on each further call.
    pub async fn next_event(&mut self) -> Result<Event, Disconnected> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// Sends a command. Returns its number, which comes back in the answer; a walk's number comes
    /// back in the acknowledgement of a snapshot.
    ///
    /// Waits while the socket takes no data. If this future is dropped before it completes, the
    /// command was not sent.
    ///
    /// # Errors
    /// [`SendError`]. `Ok` means that the command is on its way, not that the server carried it
    /// out.
    pub async fn send(&mut self, command: Command) -> Result<u32, SendError> {
        check_length(&command)?;
        let mut command = Some(command);
        poll_fn(|cx| self.poll_send(cx, &mut command)).await
    }

    /// Joins a room, `map` or `map/instance`, and waits until the player is in it. The player
    /// leaves its current room.
    ///
    /// [`Self::next_event`] returns all events of the meantime afterwards, [`Event::Entered`] or
    /// [`Event::Refused`] included. Consecutive snapshots become one event, and no [`Event::Frame`]
    /// is kept.
    ///
    /// If this future is dropped before it completes, the request may have been sent.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn join(&mut self, room: impl Into<String>) -> Result<(), JoinError> {
        if self.unread.len() >= MAX_UNREAD_EVENTS {
            return Err(JoinError::TooManyEvents);
        }
        let limit = self.timeout;
        let join = async {
            let request = match self.send(Command::Join { room: room.into() }).await {
                Ok(request) => request,
                Err(SendError::TooLong) => return Err(JoinError::TooLong),
                // The server's last messages may still have to be read.
                Err(SendError::Disconnected) => u32::MAX,
            };
            poll_fn(|cx| self.poll_joined(cx, request)).await
        };
        timeout(limit, join)
            .await
            .unwrap_or(Err(JoinError::TimedOut(limit)))
    }

    /// Sets where the player wants to go: a `Direction`, or a `Heading` to sprint. The connection
    /// sends it at the right moment for the next tick that it can reach, and again in each room
    /// that the player enters. Only the last heading counts. Use either this or [`Command::Walk`].
    pub fn steer(&self, heading: impl Into<Heading>) {
        self.handle.steer(heading);
    }

    /// Returns an estimate of the server's last completed tick, or `None` before the welcome.
    #[must_use]
    pub fn tick(&self) -> Option<Tick> {
        self.client.tick_at(now())
    }

    /// Returns where the player is now, including commands that the server has not answered yet.
    /// `None` outside of a room and before the room's first snapshot.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.client.position_at(self.tick()?)
    }

    /// Returns how many violations of the server the connection survived, and the last of them.
    #[must_use]
    pub fn violations(&self) -> (u64, Option<&Violation>) {
        (self.violations, self.last_violation.as_ref())
    }

    /// Says goodbye and waits up to 5 s for the server to close the connection. Nothing that
    /// handles send or steer after the goodbye is sent.
    ///
    /// # Errors
    /// [`Disconnected`] if the connection ended differently.
    pub async fn close(mut self) -> Result<(), Disconnected> {
        let goodbye = async {
            // If this fails, the end that follows says why.
            let _ = self.send(Command::Bye).await;
            loop {
                if let Err(end) = self.next_event().await {
                    return if end.is_goodbye() { Ok(()) } else { Err(end) };
                }
            }
        };
        timeout(GOODBYE_TIMEOUT, goodbye)
            .await
            .unwrap_or_else(|_| Err(Disconnected::new(Cause::Silent(GOODBYE_TIMEOUT), None)))
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Event, Disconnected>> {
        if let Some(event) = self.unread.pop_front() {
            return Poll::Ready(Ok(event));
        }
        let result = ready!(self.poll_socket(cx));
        self.is_end_given |= result.is_err();
        Poll::Ready(result)
    }

    /// Reads until the answer to a join, and keeps the events for later.
    fn poll_joined(&mut self, cx: &mut Context<'_>, request: u32) -> Poll<Result<(), JoinError>> {
        loop {
            if self.unread.len() >= MAX_UNREAD_EVENTS {
                return Poll::Ready(Err(JoinError::TooManyEvents));
            }
            let event = ready!(self.poll_socket(cx))?;
            let answer = match &event {
                Event::Entered => {
                    let room = self.client.room();
                    room.is_some_and(|room| room.entered.request == request)
                        .then_some(Ok(()))
                }
                Event::Refused(Refused { request: of, refusal }) if *of == request => {
                    Some(Err(JoinError::Refused(refusal.clone())))
                }
                _ => None,
            };
            self.keep(event);
            if let Some(answer) = answer {
                return Poll::Ready(answer);
            }
        }
    }

    fn keep(&mut self, event: Event) {
        // When a kept frame is read, its tick is over. It would also separate snapshots that should
        // become one.
        if matches!(event, Event::Frame { .. }) {
            return;
        }
        match self.unread.back_mut() {
            Some(last @ Event::Snapshot { .. }) if matches!(event, Event::Snapshot { .. }) => *last = event,
            _ => self.unread.push_back(event),
        }
    }
}

impl Stream for Connection {
    type Item = Result<Event, Disconnected>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_end_given {
            return Poll::Ready(None);
        }
        self.poll_event(cx).map(Some)
    }
}

/// Returns the time of tokio's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
