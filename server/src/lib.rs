//! Parlour's server: one thread that steps the world, threads that hold the sockets, and what crosses between them.
//!
//! Start reading at [`server`]. One key press goes `edge/websocket` -> `bridge/inbound` -> `tick_loop` ->
//! the simulation -> `bridge/outbound` -> `edge/websocket`.
#![forbid(unsafe_code)]

mod admin;
mod bridge;
pub mod config;
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

pub use server::{Server, ServerOptions, StartError, StopReport};
