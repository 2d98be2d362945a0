//! The edge, through real sockets: bad input and its answer, for HTTP and WebSocket, and what a
//! well-behaved client gets meanwhile.
#![allow(clippy::unwrap_used)] // A test that cannot continue must say where.

mod admin;
mod admission;
mod by_hand;
mod client_library;
mod close_codes;
mod closing;
mod conversation;
mod deadlines;
mod failure;
mod flood;
mod frames;
mod handshake;
mod heartbeat;
mod hello;
mod json;
mod logic;
mod messages;
#[path = "../../sim/examples/mood.rs"]
#[allow(dead_code)] // The example's own little world is not used here.
mod mood;
mod problems;
mod resets;
mod running;
mod seed;
mod slow_readers;
mod steady_readers;
mod stopping;
mod support;
mod texts;
mod web;
