//! Recordings are replayed: verified, searched for moments and players, and refused if damaged.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod damage;
mod display;
mod dropped;
mod frozen_worlds;
mod moments;
mod objects;
mod player_names;
mod saved_worlds;
mod skipped;
mod support;
mod verify;
mod worlds;
