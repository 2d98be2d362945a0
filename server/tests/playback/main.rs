//! Playback: recordings served to ordinary clients through real sockets, and steered on the admin
//! port.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod endings;
mod following;
mod playing;
mod seeking;
mod support;
mod watching;
