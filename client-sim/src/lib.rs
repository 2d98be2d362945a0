//! The bots that load-test a server.
//!
//! * [`bots`] runs thousands of clients in one process and measures. What each client knows and checks is
//!   [`parlour_client::Client`].
//! * [`Framing`] is WebSocket from the client's side without a socket, for programs that have an event loop of their own
//!   for thousands of connections. A program with one connection uses [`parlour_client`] and tokio instead.
#![forbid(unsafe_code)]

pub mod bots;
mod framing;

pub use framing::{Framing, Incoming, handshake};
