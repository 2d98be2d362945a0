//! Playback: a recording is served to ordinary clients through real sockets, and controlled through
//! the admin port.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod controls;
mod endings;
mod following;
mod known_recording;
mod playback_server;
mod seeking;
mod spectator;
#[path = "../support/mod.rs"]
mod support;
mod watching;
