//! Parlour's server: one thread that steps the world, threads that hold the sockets, and what crosses between them.
//!
//! Start reading at [`server`]. One key press goes `edge/websocket` -> `bridge/inbound` -> `tick_loop` ->
//! the simulation -> `bridge/outbound` -> `edge/websocket`.
#![forbid(unsafe_code)]

mod admin;
mod bridge;
pub mod config;
mod descriptors;
mod edge;
pub mod logs;
pub mod maps;
mod metrics;
pub mod recording;
pub mod replay;
mod running;
pub mod server;
pub mod skins;
mod tick_loop;
pub mod web;

/// What this build is: the version and, as far as it is known, the commit, such as `0.1.0+7e56463ab12f`. A suffix `-dirty`
/// says that sources differed from the commit. The environment variable `PARLOUR_BUILD` replaces the commit at build time.
pub const BUILD: &str = env!("BUILD_OF_PARLOUR");

pub use crate::metrics::Recorder;
pub use server::{RunError, Server, ServerFailure, ServerOptions, Signals, StartError, StopReport};
