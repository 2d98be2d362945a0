//! Parlour's Rust client: connect to a server, join a room, walk, talk, and see who is near.
//!
//! ```no_run
//! use parlour_client::{Connection, Direction, Event, Options};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut connection = Connection::open("ws://127.0.0.1:7373/ws", Options::named("ada")).await?;
//! connection.join("plaza").await?;
//! connection.steer(Direction::East);
//! loop {
//!     if let Event::Snapshot { .. } = connection.next_event().await? {
//!         for (_, neighbour) in connection.client().neighbours() {
//!             println!("{} is near", neighbour.name);
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! Run that against a server with `cargo run -p parlour-client --example walk`; `--example chat`
//! talks.
//!
//! # Two parts
//!
//! * [`Connection`] is a client with a socket, for tokio. Most programs need nothing else.
//! * [`Client`] is one player's side of the protocol without a socket or a clock: messages in,
//!   events out, time as an argument. Every connection contains one; programs with their own event
//!   loop use it alone.
//!
//! # Events and the view
//!
//! Each message of the server becomes an [`Event`]. [`Connection::next_event`] waits for the next
//! one, and a connection is also a `Stream` of them. The client applies a message before you get
//! its event: [`Connection::client`] then has the room ([`Client::room`]), all visible players
//! ([`Client::view`]), the room's shared state ([`Client::state`]) and your own motion.
//!
//! The server describes a player's motion as a [segment](parlour_shared::motion::Segment), not as a
//! list of positions: at tick `t` the player is at `position + velocity * (t - since)`.
//! `seen.segment.at(tick)` computes that, so you can draw a view at any tick, not only when a
//! snapshot arrives.
//!
//! # Commands
//!
//! [`Connection::send`] sends a [`Command`] and returns its number; the answer, [`Event::Accepted`]
//! or [`Event::Refused`], repeats the number. While one task waits for events, others send through
//! a [`Handle`], which is cheap to clone:
//!
//! ```no_run
//! # use parlour_client::{Command, Connection, SendError};
//! # async fn run(connection: &Connection) -> Result<(), SendError> {
//! let handle = connection.handle();
//! tokio::spawn(async move { handle.send(Command::say("hello")).await });
//! # Ok(())
//! # }
//! ```
//!
//! Nothing runs in the background: a connection reads, writes and answers pings only while a task
//! waits for its next event. Wait for events in a loop, and do long work elsewhere. After 20 s
//! without an answer the server closes the connection.
//!
//! # Walking
//!
//! [`Connection::steer`] and [`Handle::steer`] set where the player wants to go. The connection
//! remembers the heading and times it to arrive just before a tick begins ([`PhaseLock`]), at most
//! 60 times a second. It sends the heading again in the next room, and if the server does not
//! acknowledge it within a second. [`Connection::position`] is where the player is now, including
//! commands that the server has not answered yet. Draw your own player there, and it moves without
//! waiting for the network.
//!
//! A game that reads keys sets [`Options::frames`]. While it is in a room, it then gets an
//! [`Event::Frame`] at each such moment, 60 times a second. A heading that it steers then is sent
//! for exactly that tick:
//!
//! ```no_run
//! # use parlour_client::{Connection, Disconnected, Event, Heading, Position, Tick};
//! # fn heading_of_keys() -> Heading { Heading::default() }
//! # fn draw(own: Option<Position>, tick: Tick) {}
//! # async fn play(connection: &mut Connection) -> Result<(), Disconnected> {
//! loop {
//!     if let Event::Frame { tick } = connection.next_event().await? {
//!         connection.steer(heading_of_keys());
//!         draw(connection.client().position_at(tick), tick);
//!     }
//! }
//! # }
//! ```
//!
//! # The end of a connection
//!
//! [`Disconnected`] says why, with the server's close code and reason if there are any, and what to
//! do: [`Disconnected::reconnect_after`] is how long to wait before reconnecting, or `None` if a
//! person should decide. [`ConnectError`] has the same method. A client that reconnects:
//!
//! ```no_run
//! # use parlour_client::{ConnectError, Connection, Disconnected, Options};
//! # async fn play(connection: Connection) -> Disconnected { unimplemented!() }
//! # async fn stay() {
//! loop {
//!     let wait = match Connection::open("wss://play.example/ws", Options::named("ada")).await {
//!         Ok(connection) => play(connection).await.reconnect_after(),
//!         Err(error) => error.reconnect_after(),
//!     };
//!     let Some(wait) = wait else { break };
//!     tokio::time::sleep(wait).await;
//! }
//! # }
//! ```
//!
//! # Cancel safety
//!
//! All futures of this crate may be dropped before they complete, as `select!` and `timeout` do:
//!
//! | method | if dropped early |
//! |---|---|
//! | [`Connection::open`] | closes the socket |
//! | [`Connection::next_event`], the `Stream` | loses nothing |
//! | [`Connection::send`], [`Handle::send`] | the command was not sent |
//! | [`Connection::join`] | the request may have been sent; its events are delivered as usual |
//! | [`Connection::close`] | closes the socket |
//!
//! # Bounds
//!
//! | what | bound | beyond it |
//! |---|---|---|
//! | a message from the server | 8 MiB | [`Disconnected`] |
//! | events | no queue: the connection reads when you wait for the next | the server sends fewer snapshots, and closes a connection that keeps falling behind with code 4001 |
//! | events during [`Connection::join`] | [`MAX_UNREAD_EVENTS`]; consecutive snapshots count as one | [`JoinError::TooManyEvents`] |
//! | commands in a [`Handle`]'s queue | [`COMMAND_QUEUE`], shared by all handles | [`Handle::send`] waits, [`Handle::try_send`] returns an error |
//! | a command | 16 KiB | [`SendError::TooLong`] |
//! | bytes that wait for the socket | 32 KiB: 16 KiB and one more command | [`Connection::send`] waits, without a time limit if the server reads nothing; the queue of the handles is not read |
//!
//! # Features
//!
//! * `connect` (default): [`Connection`], with tokio and tokio-tungstenite. Without it the crate
//!   has no I/O.
//! * `tls` (default): `wss://` addresses, with rustls, ring, and Mozilla's root certificates.
#![forbid(unsafe_code)]

mod address;
mod client;
mod command;
#[cfg(feature = "connect")]
mod connection;
mod event;
mod phase;
mod prediction;
mod stamps;
mod ticks;
mod violation;

pub use address::{Address, AddressError};
pub use client::{Client, Room, Settings};
pub use command::Command;
#[cfg(feature = "connect")]
pub use connection::{
    COMMAND_QUEUE, Cause, ConnectError, Connection, Disconnected, Handle, JoinError, MAX_UNREAD_EVENTS,
    Options, SendError, TrySendError,
};
pub use event::{Event, ReceivedEvent};
pub use phase::{DEFAULT_LEAD, PhaseLock};
pub use prediction::{Agreement, Mismatch, OwnMotion, Prediction};
pub use stamps::StampError;
pub use ticks::TickClock;
pub use violation::Violation;

pub use parlour_shared::{
    self as shared,
    close::{Advice, CloseCode},
    ids::{PlayerId, Slot, Tick},
    message::Refusal,
    motion::{Direction, Heading, Position},
};
