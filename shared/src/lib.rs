//! The protocol, ids, limits and motion that Parlour's server, simulation and clients share.
//!
//! Nothing here uses sockets, clocks, threads or files.
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
