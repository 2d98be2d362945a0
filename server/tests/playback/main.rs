//! The past, served to ordinary clients through real sockets, and what the admin port does to it.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod endings;
mod following;
mod playing;
mod seeking;
mod support;
mod watching;
