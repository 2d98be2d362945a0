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
    message::MoveHeading,
    message::{Closing, Refused, Reserved},
    motion::Position,
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::{
    address::Address, client::Client, command::Command, event::Event, join_request::JoinRequest,
    violation::Violation,
};
use handle::check_length;
use heartbeat::Heartbeat;
use input::InputClock;

pub use error::{Cause, ConnectError, Disconnected, JoinError, SendError, TrySendError};
pub use handle::{COMMAND_QUEUE, Handle};
pub use options::Options;

/// The maximum number of unread events while a [`Connection::join`] or [`Connection::reserve`]
/// waits for its answer.
/// Consecutive snapshots count as one.
pub const MAX_UNREAD_EVENTS: usize = 1024;

/// The time limit for the server's answer to a goodbye.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A connection with an open session. The [crate's documentation](crate) explains how to use it.
///
/// Dropping it closes the socket. The player then stays in its room until the time to resume is
/// over. [`Self::close`] says goodbye, and the player leaves at once.
///
/// As a `Stream` it yields the events of [`Self::next_event`]. The last item is the error that
/// ended the connection.
#[derive(Debug)]
pub struct Connection {
    client: Client,
    socket: Socket,
    handle: Handle,
    commands: mpsc::Receiver<Command>,
    /// Events that arrived while a join or a reservation waited for its answer.
    unread: VecDeque<Event>,
    input: InputClock,
    heartbeat: Heartbeat,
    timer: Pin<Box<Sleep>>,
    timeout: Duration,
    strict: bool,
    violations: u64,
    last_violation: Option<Violation>,
    /// The server's notice of the close that follows.
    closing: Option<Closing>,
    /// Whether the goodbye was sent. No command and no walk may follow it.
    is_leaving: bool,
    /// The first error of writing. The server's last messages can still be read.
    write_error: Option<Disconnected>,
    end: Option<Disconnected>,
    /// Whether the end was returned. It is the last item of the stream.
    is_end_given: bool,
    address: Address,
    options: Options,
}

impl Connection {
    /// Connects to `ws://host:port/path` or `wss://host/path`, says hello, and waits for the
    /// welcome.
    ///
    /// # Errors
    /// [`ConnectError`]. [`ConnectError::reconnect_after`] returns whether to try again.
    pub async fn open(address: &str, options: Options) -> Result<Self, ConnectError> {
        let address = address.parse()?;
        let limit = options.timeout;
        timeout(limit, Box::pin(open::open(&address, options)))
            .await
            .unwrap_or(Err(ConnectError::TimedOut(limit)))
    }

    /// Connects again after the connection was lost, and resumes the session: the same player, in
    /// the same room, with all messages that were lost. Commands that the server has not handled
    /// are sent again, apart from walks. The handles of the old connection send nothing any more.
    /// The first event is [`Event::Resumed`], after those that were not read yet.
    ///
    /// The welcome says for how long this is possible: `resume_ms`.
    ///
    /// # Errors
    /// [`ConnectError`]. [`ConnectError::reconnect_after`] returns whether to try again.
    pub async fn resume(&mut self) -> Result<(), ConnectError> {
        let limit = self.timeout;
        timeout(limit, Box::pin(open::resume(self)))
            .await
            .unwrap_or(Err(ConnectError::TimedOut(limit)))
    }

    /// Returns the client's state: the room, the visible players, and its own motion.
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

    /// Sends a command and returns its number, which the answer repeats. For a walk, the
    /// acknowledgement in a snapshot repeats it.
    ///
    /// Waits while the socket is blocked. If this future is dropped before it completes, the
    /// command was not sent.
    ///
    /// # Errors
    /// [`SendError`]. `Ok` means that the command was sent, not that the server accepted it.
    pub async fn send(&mut self, command: Command) -> Result<u32, SendError> {
        check_length(&command)?;
        let mut command = Some(command);
        poll_fn(|cx| self.poll_send(cx, &mut command)).await
    }

    /// Joins a room, and waits until the player is in it. The player leaves its current room.
    ///
    /// `room` is the name of a room, `TYPE` or `TYPE/INSTANCE`, which is created if it does not
    /// exist. Or it is a [`JoinRequest`], or a [`Reserved`] from [`Self::reserve`]:
    ///
    /// ```no_run
    /// # use parlour_client::{Connection, JoinError, JoinRequest};
    /// # async fn run(connection: &mut Connection) -> Result<(), JoinError> {
    /// connection.join(JoinRequest::any("tag").option("language", "de")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Client::room`] then has the name of the room.
    ///
    /// Events that arrive during the join are kept for [`Self::next_event`], including
    /// [`Event::Entered`] or [`Event::Refused`]. Consecutive snapshots become one event, and each
    /// [`Event::Frame`] is dropped.
    ///
    /// If this future is dropped before it completes, the request may already be sent.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn join(&mut self, room: impl Into<JoinRequest>) -> Result<(), JoinError> {
        self.ask(Command::join(room), |client, event, request| match event {
            Event::Entered => client
                .room()
                .is_some_and(|room| room.entered.request == request)
                .then_some(()),
            _ => None,
        })
        .await
    }

    /// Reserves seats in a room for 15 s, so that a group of players can enter it together, and
    /// waits for the answer. The player stays where it is.
    ///
    /// Join with the answer, and give its room and ticket to the others, who join with
    /// [`JoinRequest::with_ticket`]:
    ///
    /// ```no_run
    /// # use parlour_client::{Connection, JoinError, JoinRequest};
    /// # async fn run(connection: &mut Connection) -> Result<(), JoinError> {
    /// let reserved = connection.reserve(4, JoinRequest::private("tag")).await?;
    /// println!("room {}, ticket {}", reserved.room, reserved.ticket);
    /// connection.join(&reserved).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Events are kept as during [`Self::join`], including [`Event::Reserved`] or
    /// [`Event::Refused`].
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn reserve(&mut self, seats: u8, room: impl Into<JoinRequest>) -> Result<Reserved, JoinError> {
        self.ask(Command::reserve(seats, room), |_, event, request| match event {
            Event::Reserved(reserved) if reserved.request == request => Some(reserved.clone()),
            _ => None,
        })
        .await
    }

    /// Sends a request, and waits until `is_answer` finds its answer in an event or the request is
    /// refused. Keeps the events.
    async fn ask<T>(
        &mut self,
        command: Command,
        is_answer: impl Fn(&Client, &Event, u32) -> Option<T>,
    ) -> Result<T, JoinError> {
        if self.unread.len() >= MAX_UNREAD_EVENTS {
            return Err(JoinError::TooManyEvents);
        }
        let limit = self.timeout;
        let answered = async {
            let request = match self.send(command).await {
                Ok(request) => request,
                Err(SendError::TooLong) => return Err(JoinError::TooLong),
                // Read the server's last messages, which may contain the reason.
                Err(SendError::Disconnected) => u32::MAX,
            };
            poll_fn(|cx| self.poll_answer(cx, request, &is_answer)).await
        };
        timeout(limit, answered)
            .await
            .unwrap_or(Err(JoinError::TimedOut(limit)))
    }

    /// Sets the heading of the player: a `Direction` to walk, or a `MoveHeading` to sprint or
    /// to walk at an angle. The
    /// connection sends it just in time for the next tick, and again in each room that the player
    /// enters. Only the last heading counts. Use either this or [`Command::Walk`].
    pub fn steer(&self, heading: impl Into<MoveHeading>) {
        self.handle.steer(heading);
    }

    /// Returns an estimate of the last completed tick of the room, or `None` outside of a room.
    /// Each room counts its own ticks.
    #[must_use]
    pub fn tick(&self) -> Option<Tick> {
        self.client.tick_at(now())
    }

    /// Returns the predicted position of the player now, including commands that the server has not
    /// acknowledged yet. Returns `None` outside of a room, and before the room's first snapshot.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.client.position_at(self.tick()?)
    }

    /// Returns the number of violations that the connection survived, and the last of them.
    #[must_use]
    pub fn violations(&self) -> (u64, Option<&Violation>) {
        (self.violations, self.last_violation.as_ref())
    }

    /// Says goodbye and waits up to 5 s for the server to close the connection. Commands and
    /// headings of handles after the goodbye are not sent.
    ///
    /// # Errors
    /// [`Disconnected`] if the connection ended differently.
    pub async fn close(mut self) -> Result<(), Disconnected> {
        let goodbye = async {
            // If this fails, `next_event` returns the reason.
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

    /// Reads until the answer to a request, and keeps the events.
    fn poll_answer<T>(
        &mut self,
        cx: &mut Context<'_>,
        request: u32,
        is_answer: &impl Fn(&Client, &Event, u32) -> Option<T>,
    ) -> Poll<Result<T, JoinError>> {
        loop {
            if self.unread.len() >= MAX_UNREAD_EVENTS {
                return Poll::Ready(Err(JoinError::TooManyEvents));
            }
            let event = ready!(self.poll_socket(cx))?;
            let answer = match &event {
                Event::Refused(Refused { request: of, refusal }) if *of == request => {
                    Some(Err(JoinError::Refused(refusal.clone())))
                }
                event => is_answer(&self.client, event, request).map(Ok),
            };
            self.keep(event);
            if let Some(answer) = answer {
                return Poll::Ready(answer);
            }
        }
    }

    fn keep(&mut self, event: Event) {
        // The tick of a kept frame would be over when it is read. Frames would also separate
        // snapshots that should become one.
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
