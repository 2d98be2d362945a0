//! Room types that are declared in code: their mistakes, and their rooms on a running server.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod mistakes;
mod placed_objects;
mod running;
#[path = "../support/mod.rs"]
mod support;
mod trials;
