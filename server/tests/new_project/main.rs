//! The project that `parlour new` writes: its game passes its tests, and its bot compiles.
//! scripts/new-project builds and plays a whole project.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::print_stdout,
    reason = "the files are those of a different crate, which has no lints"
)]

// The name of the crate in these files.
extern crate self as my_game;

// They have the default format of rustfmt, not that of this workspace.
#[rustfmt::skip]
#[path = "../../../assets/new/examples/bot.rs"]
mod bot;
#[rustfmt::skip]
#[path = "../../../assets/new/src/game.rs"]
mod game;
#[rustfmt::skip]
#[path = "../../../assets/new/tests/game.rs"]
mod tests;

pub use game::*;
