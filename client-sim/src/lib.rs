//! The bots that load-test a server.
//!
//! * [`bots`] runs thousands of clients in one process, and measures the server. Each is a
//!   [`parlour_client::Client`], which also checks the server's guarantees. The program
//!   `parlour-bots` is its command line.
//! * [`Framing`] is the client side of WebSocket without a socket, for programs with their own
//!   event loop and thousands of connections.
//!
//! To write a game client, use [`parlour_client`]. docs/measure.md explains how to measure a server
//! with bots.
#![forbid(unsafe_code)]

pub mod bots;
mod framing;

pub use framing::{Framing, IncomingFrame, handshake};
