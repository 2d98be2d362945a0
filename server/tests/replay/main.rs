//! Recordings run again: verified, looked into, followed, exported; through the library and through
//! the command.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod command;
mod damage;
mod diff;
mod directories;
mod dump;
mod export;
mod follow;
mod histories;
mod looked_at;
mod player_names;
mod rotated;
mod support;
