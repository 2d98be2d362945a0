//! `parlour replay`: verifies, dumps, follows, exports, compares and serves recordings. Tests of
//! the library that need neither the command nor the bundled maps are in server/recording/tests.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod command;
mod damage;
mod diff;
mod directories;
mod dump;
mod dump_window;
mod export;
mod follow;
mod histories;
mod player_names;
mod rotation;
mod support;
mod worlds;
mod worlds_support;
