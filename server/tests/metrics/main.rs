//! Metrics of game logic and embedders: where they count, where they do not, and that counting
//! allocates nothing.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod allocations;
mod counting;
mod not_live;
#[path = "../recording/support.rs"]
#[allow(dead_code)] // Other tests need more of it.
mod support;

use bevy_ecs::prelude::*;
use parlour_sim::{Logic, StepSet, TickSchedule};

/// Game logic that counts the steps of its world with one line.
fn counts_steps() -> Logic {
    Logic::new(|app| {
        let count = || metrics::counter!("game_steps_total").increment(1);
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    })
}

/// Returns the text of `/metrics`.
fn text(server: &parlour_server::Server) -> String {
    let (_, text) = support::admin(server.admin_addr(), "GET /metrics", "");
    String::from_utf8(text).unwrap()
}

/// Returns a value from such a text.
fn value(text: &str, name: &str) -> f64 {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
    text.lines()
        .find_map(value)
        .unwrap_or_else(|| panic!("no metric {name}"))
}
