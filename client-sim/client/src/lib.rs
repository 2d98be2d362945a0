//! Parlour's Rust client: connect to a server, join a room, walk, chat, and see the players nearby.
//!
//! | to | use | section |
//! |---|---|---|
//! | connect | [`Connection::open`], [`Options`] | [Example](#example) |
//! | join a room | [`Connection::join`], [`JoinRequest`] | [Joining](#joining) |
//! | come as a group | [`Connection::reserve`] | [Joining](#joining) |
//! | receive events | [`Connection::next_event`], [`Event`] | [Events](#events) |
//! | see the room and its players | [`Connection::client`], [`Client`] | [The room](#the-room) |
//! | send commands | [`Connection::send`], [`Command`], [`Handle`] | [Commands](#commands) |
//! | talk to game logic | [`Command::custom`], [`CustomSaid::decode`] | [Custom messages](#custom-messages) |
//! | walk, and predict your player | [`Connection::steer`] | [Walking](#walking-and-prediction) |
//! | handle errors, reconnect | [`Disconnected`] | [Errors](#errors-and-reconnecting) |
//! | know the limits | [`Refusal::RateLimited`] | [Limits](#limits) |
//! | use your own event loop | [`Client`] | [Without a socket](#without-a-socket) |
//!
//! # Example
//!
//! A complete program: it connects, joins the plaza, walks east, says hello, prints what happens,
//! and reconnects if the connection is lost.
//!
//! ```no_run
//! use parlour_client::{Command, Connection, Direction, Disconnected, Event, JoinError, Options};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     loop {
//!         let options = Options::named("ada");
//!         let wait = match Connection::open("ws://127.0.0.1:7373/ws", options).await {
//!             Ok(connection) => match play(connection).await {
//!                 Ok(()) => return,
//!                 Err(end) => {
//!                     eprintln!("{end}");
//!                     end.reconnect_after()
//!                 }
//!             },
//!             Err(error) => {
//!                 eprintln!("{error}");
//!                 error.reconnect_after()
//!             }
//!         };
//!         // `None`: do not reconnect automatically, for example because the token was rejected.
//!         let Some(wait) = wait else { return };
//!         tokio::time::sleep(wait).await;
//!     }
//! }
//!
//! async fn play(mut connection: Connection) -> Result<(), Disconnected> {
//!     match connection.join("plaza").await {
//!         Ok(()) => {}
//!         Err(JoinError::Disconnected(end)) => return Err(end),
//!         Err(error) => {
//!             eprintln!("cannot join the plaza: {error}");
//!             return connection.close().await;
//!         }
//!     }
//!     connection.steer(Direction::East);
//!     // If this fails, the next event is the error that ended the connection.
//!     let _ = connection.send(Command::say("hello")).await;
//!     loop {
//!         match connection.next_event().await? {
//!             Event::Snapshot { .. } => {
//!                 for (_, neighbour, _) in connection.client().neighbours() {
//!                     println!("{} is near", neighbour.name);
//!                 }
//!             }
//!             Event::Chat(chat) => println!("{}: {}", chat.name, chat.text),
//!             Event::Refused(refused) => println!("refused: {:?}", refused.refusal),
//!             _ => {}
//!         }
//!     }
//! }
//! ```
//!
//! To try it, start a server with `cargo run --release -- demo`, which also runs bots. Three
//! examples are ready to run: `cargo run -p parlour-client --example walk`, `--example chat ada
//! plaza`, and `--example together`, in which two players reserve seats.
//!
//! # Joining
//!
//! Each room has a type, which names its game logic and its rules; [`Client::welcome`] lists the
//! types. A [`JoinRequest`] says which room of a type to enter. A name alone is the room with that
//! name:
//!
//! | request | the room |
//! |---|---|
//! | `"tag"`, `"tag/blue"` | the room with this name; it is created if it does not exist |
//! | [`JoinRequest::existing`] | the room with this name, if it exists |
//! | [`JoinRequest::new_room`] | a new room |
//! | [`JoinRequest::private`] | a new room with a name that cannot be guessed |
//! | [`JoinRequest::any`] | the fullest room with a free seat, or a new one |
//! | [`JoinRequest::with_ticket`] | the room in which a seat is reserved |
//!
//! [`JoinRequest::option`] adds an option for the game logic of a room that the request creates.
//! With [`JoinRequest::any`], the room must also publish the option as a property:
//!
//! ```no_run
//! # use parlour_client::{Connection, JoinError, JoinRequest};
//! # async fn run(connection: &mut Connection) -> Result<(), JoinError> {
//! connection.join(JoinRequest::any("tag").option("language", "de")).await?;
//! if let Some(room) = connection.client().room() {
//!     println!("in {}, with {:?}", room.entered.room, room.entered.properties);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A group that wants to play together reserves its seats first ([`Connection::reserve`]): for 15 s
//! they stay free for the players that join with the ticket.
//!
//! A door and the end of a room also lead to a different room, without a request. The client always
//! returns [`Event::Left`] before [`Event::Entered`]. Commands that you send after a join take
//! effect where the join ended.
//!
//! **Ticks belong to a room.** Each room counts its own: the tick may be lower in the next room.
//! [`Connection::tick`] and the prediction start again with each [`Event::Entered`]. Do not compare
//! ticks of different stays.
//!
//! # Events
//!
//! Each message of the server becomes an [`Event`]. [`Connection::next_event`] waits for the next
//! one, and a connection is also a `Stream` of them. The client applies a message before it returns
//! the event, so [`Connection::client`] already shows the new state.
//!
//! Nothing runs in the background. A connection reads, writes and answers pings only while a task
//! waits for its next event. Wait for events in a loop, and do long work in a different task. The
//! server closes a connection that has been silent for 20 s.
//!
//! # The room
//!
//! [`Connection::client`] returns the [`Client`] of the connection, which keeps its state:
//!
//! | method | returns |
//! |---|---|
//! | [`Client::room`] | the room: its name, type, properties, map, walls, and your slot in it |
//! | [`Client::view`] | all visible players, yourself included |
//! | [`Client::neighbours`] | all visible players except yourself |
//! | [`Client::state`] | the room's shared state: keys and values that any player can write |
//! | [`Client::welcome`] | your player id, the skins, and the types of rooms |
//!
//! The server describes a player's motion as a [segment](parlour_shared::motion::Segment), not as a
//! list of positions: at tick `t` the player is at `position + velocity * (t - since)`. Draw a
//! player at `seen.segment.at(tick)`, at any tick, not only when a snapshot arrives.
//!
//! # Commands
//!
//! [`Connection::send`] sends a [`Command`] and returns its number. The server's answer,
//! [`Event::Accepted`] or [`Event::Refused`], repeats the number. A refusal has a reason
//! ([`Refusal`]), and does not end the connection; only a client that is refused again and again is
//! disconnected.
//!
//! While one task waits for events, other tasks and threads send through a [`Handle`], which is
//! cheap to clone:
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
//! # Custom messages
//!
//! Game logic that was added to the server can have its own messages. Declare types with the same
//! fields as those of the server, in the same order, or share a crate with it. [`Command::custom`]
//! encodes a message to the server, and [`CustomSaid::decode`] decodes one from it:
//!
//! ```no_run
//! use parlour_client::{Command, Connection, Event};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct SetMood {
//!     mood: Option<u8>,
//! }
//!
//! #[derive(Deserialize)]
//! struct CheeredUp {
//!     mood: u8,
//! }
//!
//! async fn play(connection: &mut Connection) -> Result<(), Box<dyn std::error::Error>> {
//!     let command = Command::custom("set_mood", &SetMood { mood: Some(7) })?;
//!     let request = connection.send(command).await?;
//!     loop {
//!         match connection.next_event().await? {
//!             Event::Custom(said) if said.name == "cheered_up" => {
//!                 let CheeredUp { mood } = said.decode()?;
//!                 println!("my mood is {mood} now");
//!             }
//!             Event::Refused(refused) if refused.request == request => {
//!                 println!("refused: {:?}", refused.refusal);
//!             }
//!             _ => {}
//!         }
//!     }
//! }
//! ```
//!
//! The server refuses a message with [`Refusal::UnknownMessage`] if it does not know the name, and
//! with [`Refusal::BadBody`] and the reason if the body is not a value of the type of that name.
//! Game logic refuses a valid message with [`Refusal::Declined`] and its own code.
//!
//! # Walking and prediction
//!
//! [`Connection::steer`] and [`Handle::steer`] set the heading of your player. The connection sends
//! a changed heading so that it arrives just before a tick begins ([`PhaseLock`]), at most 60 times
//! a second. It sends the heading again in the next room, if the server does not acknowledge it
//! within a second, and if a failure of game logic lost it (see [`Command::Walk`]).
//!
//! The client predicts the motion of your player. [`Connection::position`] is its position now,
//! including commands that the server has not acknowledged yet. Draw your player there, and it
//! moves without waiting for the network. The client compares each snapshot with its
//! prediction, bit for bit, and continues from the snapshot ([`Agreement`] is the result). In a
//! room in which other bodies stop players, it predicts with the bodies that it sees.
//!
//! A game that reads keys sets [`Options::frames`]. While the player is in a room, the connection
//! then returns an [`Event::Frame`] 60 times a second, each time just when the game should read the
//! keys. A heading set during this event is sent for exactly that tick:
//!
//! ```no_run
//! # use parlour_client::{Connection, Disconnected, Event, MoveHeading, Position, Tick};
//! # fn heading_of_keys() -> MoveHeading { MoveHeading::default() }
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
//! # Errors and reconnecting
//!
//! | error | returned by | meaning |
//! |---|---|---|
//! | [`ConnectError`] | [`Connection::open`] | there is no session: the connection did not open |
//! | [`JoinError`] | [`Connection::join`], [`Connection::reserve`] | the player is not in the room, or has no reserved seats |
//! | [`SendError`] | [`Connection::send`], [`Handle::send`] | the command was not sent |
//! | [`Disconnected`] | [`Connection::next_event`] | the connection ended |
//!
//! [`Disconnected::cause`] is the reason, with the server's close code and text if it sent them.
//! [`Disconnected::reconnect_after`] is how long to wait before reconnecting, or `None` if the
//! client must not reconnect automatically. [`ConnectError::reconnect_after`] does the same. The
//! waits are random, so that the clients of a restarted server do not all return at once.
//!
//! A new connection is a new session with a new player id: the server cannot resume a session yet.
//! Join the room again.
//!
//! A [`Violation`] is a breach of the protocol by the server. One that the client can survive is
//! only counted ([`Connection::violations`]), unless [`Options::strict`] is set.
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
//! | [`Connection::join`], [`Connection::reserve`] | the request may have been sent; its events are delivered as usual |
//! | [`Connection::close`] | closes the socket |
//!
//! # Limits
//!
//! The server refuses requests beyond its rates with [`Refusal::RateLimited`], which contains the
//! time to wait. These are the defaults for one player:
//!
//! | command | at once | then |
//! |---|---|---|
//! | [`Command::Walk`] | 120 | 60 a second |
//! | [`Command::Join`], [`Command::Reserve`], [`Command::Leave`] | 5 | 1 a second |
//! | [`Command::Say`] | 10 | 10 a second |
//! | [`Command::SetSkin`] | 5 | 2 a second |
//! | [`Command::SetState`] | 20 | 10 a second |
//! | [`Command::Custom`] | 30 | 20 a second |
//!
//! A name has at most 24 code points (96 bytes), a chat text 2 KiB, and a command 16 KiB
//! ([`SendError::TooLong`]). [`parlour_shared::limits`] has all limits of the protocol.
//!
//! The client itself uses bounded memory:
//!
//! * A message from the server has at most 8 MiB. A longer one ends the connection.
//! * Events have no queue: a connection reads when you wait for the next event. The server sends
//!   fewer snapshots to a slow reader, and closes the connection with code 4001 if the reader keeps
//!   falling behind.
//! * During [`Connection::join`] and [`Connection::reserve`] at most [`MAX_UNREAD_EVENTS`] events
//!   are kept; consecutive snapshots count as one. Beyond that they return
//!   [`JoinError::TooManyEvents`].
//! * All handles of a connection share a queue of [`COMMAND_QUEUE`] commands. When it is full,
//!   [`Handle::send`] waits and [`Handle::try_send`] returns an error.
//! * At most 32 KiB are buffered for the socket. While the buffer is full, [`Connection::send`]
//!   waits, indefinitely if the server reads nothing, and commands stay in the queue of the
//!   handles.
//!
//! # Without a socket
//!
//! [`Client`] is one player's side of the protocol without a socket or a clock: messages in, events
//! out, with the time as an argument. Every [`Connection`] contains one. Use it alone in a program
//! with its own event loop, or without the feature `connect`, which also removes tokio.
//!
//! # Features
//!
//! * `connect` (default): [`Connection`], with tokio and tokio-tungstenite. Without it the crate
//!   has no I/O.
//! * `tls` (default): `wss://` addresses, with rustls, ring, and Mozilla's root certificates.
//!
//! # Further reading
//!
//! These pages are in the folder `docs` of the repository:
//!
//! | page | contents |
//! |---|---|
//! | `run.md` | start a server, and talk to it by hand |
//! | `clients.md` | clients in Rust, Python and other languages |
//! | `protocol.md` | every message, refusal, close code and limit |
//! | `game-logic.md` | the server's side of [`Command::Custom`] and [`Event::Custom`] |
//! | `promises.md` | the server's guarantees, and the tests of each |
//! | `deployment.md` | a server for players on the Internet, with TLS |
//! | `words.md` | the terms that these pages use |
#![forbid(unsafe_code)]

mod address;
mod client;
mod command;
#[cfg(feature = "connect")]
mod connection;
mod event;
mod join_request;
mod phase;
mod prediction;
mod sequence_check;
mod ticks;
mod violation;

pub use address::{Address, AddressError};
pub use client::{Client, Room, Settings};
pub use command::{Command, CustomError};
#[cfg(feature = "connect")]
pub use connection::{
    COMMAND_QUEUE, Cause, ConnectError, Connection, Disconnected, Handle, JoinError, MAX_UNREAD_EVENTS,
    Options, SendError, TrySendError,
};
pub use event::{Event, ReceivedEvent};
pub use join_request::JoinRequest;
pub use phase::{DEFAULT_LEAD, PhaseLock};
pub use prediction::{Agreement, Ground, Mismatch, OwnMotion, Prediction, SolidBody};
pub use sequence_check::StampError;
pub use ticks::TickClock;
pub use violation::Violation;

pub use parlour_shared::{
    self as shared,
    close::{Advice, CloseCode},
    codec::CodecError,
    ids::{PlayerId, Slot, Tick},
    message::{CustomSaid, MoveHeading, Property, Refusal, Reserved},
    motion::{Direction, Heading, Position},
};

/// Compiles the Rust example of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/clients.md")]
mod guide {}
