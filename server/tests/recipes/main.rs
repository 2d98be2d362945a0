//! The recipes: each game in server/examples, without a network and with bots over the wire.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod board;
mod board_bots;
#[path = "../../examples/board.rs"]
#[allow(dead_code, reason = "the main function of the example is not used here")]
mod board_recipe;
#[path = "../support/mod.rs"]
mod support;
