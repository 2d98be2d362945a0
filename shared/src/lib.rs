//! What server, simulation and clients of Parlour agree on: the protocol, ids, limits and motion.
//!
//! Nothing here knows a socket, a clock, a thread or a file.
#![forbid(unsafe_code)]

pub mod close;
pub mod codec;
pub mod ids;
pub mod limits;
pub mod map;
pub mod message;
pub mod motion;
pub mod problem;
pub mod rng;
pub mod snapshot;
pub mod text;
pub mod view;
pub mod websocket;
