//! `parlour::testing::TestRoom`, with which makers of games test their logic.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod determinism;
mod mistakes;
mod players;
mod rooms;
