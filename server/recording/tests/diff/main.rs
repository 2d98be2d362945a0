//! Comparing recordings: for game logic with a planted source of differences, the comparison must
//! name the tick, room, player, component and system.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod chance;
mod files;
mod not_declared;
mod objects;
mod programs;
mod support;
