//! Parlour's Rust client, and the bots that load-test a server with it.
//!
//! * [`Client`] is one player's side of the protocol without a socket or a clock: messages in, events out. It
//!   keeps the [view](parlour_shared::view::View) of the room, predicts its own motion and checks what the
//!   server says.
//! * [`Connection`] is a client with a socket, for tokio.
//! * [`bots`] runs thousands of clients in one process and measures.
//!
//! ```no_run
//! use parlour_client_sim::{Command, Connection, Event, Settings};
//! use parlour_shared::motion::Direction;
//!
//! # async fn walk() -> Result<(), parlour_client_sim::ConnectionError> {
//! let settings = Settings { name: "Ada".into(), ..Settings::default() };
//! let mut connection = Connection::open("ws://127.0.0.1:7373/ws", &settings).await?;
//! connection.send(Command::Join { room: "plaza".into() }).await?;
//! loop {
//!     match connection.next().await?.event {
//!         Event::Entered => drop(connection.send(Command::walk(Direction::East)).await?),
//!         Event::Snapshot { .. } => println!("{:?}", connection.client().segment()),
//!         _ => {}
//!     }
//! }
//! # }
//! ```
#![forbid(unsafe_code)]

mod address;
pub mod bots;
mod client;
mod command;
mod event;
mod framing;
mod phase;
mod prediction;
mod streams;
mod ticks;
mod transport;
mod violation;

pub use address::{Address, AddressError};
pub use client::{Client, Room, Settings};
pub use command::Command;
pub use event::{Event, Received};
pub use framing::{Framing, Incoming, handshake};
pub use phase::{LEAD, PhaseLock};
pub use prediction::{Agreement, Mismatch, Prediction, Told};
pub use streams::{StampError, Stream, Streams};
pub use ticks::TickClock;
pub use transport::{Connection, ConnectionError, upgrade};
pub use violation::Violation;
