//! The recipes in server/examples: the game logic of each without a network, and played by bots
//! over the wire.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod ball;
mod board;
mod board_bots;
#[path = "../../examples/board.rs"]
#[allow(dead_code, reason = "the main function of the example is not used here")]
mod board_recipe;
mod bots;
mod door;
mod guard;
mod office;
mod pickups;
mod projectile;
mod quiz;
#[path = "../support/mod.rs"]
mod support;
mod tag;
mod whiteboard;
