//! The bots that load-test a server.
//!
//! * [`bots`] runs thousands of clients in one process and measures. Each is a
//!   [`parlour_client::Client`], which also does the checking.
//! * [`Framing`] is the client side of WebSocket without a socket, for programs with their own
//!   event loop for thousands of connections. A program with one connection uses [`parlour_client`]
//!   and tokio instead.
#![forbid(unsafe_code)]

pub mod bots;
mod framing;

pub use framing::{Framing, IncomingFrame, handshake};
