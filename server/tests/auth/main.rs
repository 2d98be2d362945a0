//! Tokens, tickets and guests, through real sockets and through the check itself.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod command;
mod expiry;
mod grants;
mod guests;
mod jwks;
mod key_files;
mod names;
mod newer_tokens;
mod refusals;
mod secrecy;
mod sources;
#[path = "../support/mod.rs"]
mod support;
mod tickets;
mod tokens;
mod user_checks;
mod vectors;
mod waiting;
