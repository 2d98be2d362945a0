//! Many worlds on one running server, through sockets: joining, travelling, failing, and the
//! recordings of all of it.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod durable;
mod durable_refusals;
mod games;
mod hanging;
mod joining;
mod many_worlds;
mod moving;
mod observations;
mod panics;
mod random_walk;
mod recordings;
mod reservations;
#[path = "../support/mod.rs"]
mod support;
mod travelling;
mod visitor;
