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
//! Run that against a server with `cargo run -p parlour-client --example walk`; `--example chat` talks.
//!
//! # Two parts
//!
//! * [`Connection`] is a client with a socket, for tokio. Most programs need nothing else.
//! * [`Client`] is one player's side of the protocol without a socket or a clock: messages in, events out, time as an
//!   argument. A connection has one inside; programs with an event loop of their own use it alone.
//!
//! # Events and the view
//!
//! The server sends messages; each becomes an [`Event`]. [`Connection::next_event`] waits for the next one, and a
//! connection is also a `Stream` of them. Before you get an event, the client has taken it in:
//! [`Connection::client`] then holds the room ([`Client::room`]), all visible players ([`Client::view`]), the room's shared
//! state ([`Client::state`]) and your own motion.
//!
//! A player is not sent as a list of positions but as a [segment](parlour_shared::motion::Segment): at tick `t` it is at
//! `position + velocity * (t - since)`. `seen.segment.at(tick)` computes that, so a view can be drawn at any tick and not
//! only when a snapshot arrives.
//!
//! # Commands
//!
//! [`Connection::send`] sends a [`Command`] and returns its number; the answer, [`Event::Accepted`] or [`Event::Refused`],
//! repeats the number. While one task waits for events, others send through a [`Handle`], which is cheap to clone:
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
//! Nothing runs in the background: a connection reads, writes and answers pings while somebody waits for its next event.
//! Wait for events in a loop, and do long work elsewhere. After 20 s without an answer the server closes the connection.
//!
//! # Walking
//!
//! [`Connection::steer`] and [`Handle::steer`] say where the player wants to go; the connection keeps that wish and sends
//! it at the moment from which it arrives just before a tick begins ([`PhaseLock`]), at most 60 times a second, and again
//! in the next room or if the server did not acknowledge it within a second. [`Connection::position`] is where the player
//! is now, with commands included that the server has not answered yet: draw the own player there, and it moves without
//! waiting for the network.
//!
//! A game that reads keys sets [`Options::frames`]. It then gets an [`Event::Frame`] at each such moment while it is in a
//! room, 60 times a second, and a heading that it steers then goes out for that very tick:
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
//! [`Disconnected`] says why, with the server's close code and reason if there was one, and what to do:
//! [`Disconnected::reconnect_after`] is the time after which to come back, or `None` if a person should decide. So does
//! [`ConnectError`]. A client that stays:
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
//! All futures of this crate may be dropped before they are done, as `select!` and `timeout` do:
//!
//! | method | dropped before it is done |
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
//! | events | no queue: the connection reads when you wait for the next | the server sends fewer snapshots, and closes with 4001 what falls ever further behind |
//! | events during [`Connection::join`] | [`MAX_UNREAD_EVENTS`], several snapshots count as one | [`JoinError::TooManyEvents`] |
//! | commands in a [`Handle`]'s queue | [`COMMAND_QUEUE`], shared by all handles | [`Handle::send`] waits, [`Handle::try_send`] says so |
//! | a command | 16 KiB | [`SendError::TooLong`] |
//! | bytes that wait for the socket | 32 KiB: 16 KiB and one more command | [`Connection::send`] waits, without a limit in time if the server reads nothing; the queue of the handles is not read |
//!
//! # Features
//!
//! * `connect` (default): [`Connection`], with tokio and tokio-tungstenite. Without it the crate has no I/O.
//! * `tls` (default): `wss://` addresses, with rustls, ring, and the root certificates of Mozilla.
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
pub use event::{Event, Received};
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
