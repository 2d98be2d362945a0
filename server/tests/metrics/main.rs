//! Metrics of game logic and of programs that embed a server: which server counts them, that
//! replays count nothing, and that counting allocates nothing.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod allocations;
mod counting;
mod replays;
#[path = "../recording/support.rs"]
#[allow(dead_code, reason = "other test programs use more of it")]
mod support;

use bevy_ecs::prelude::*;
use parlour_sim::{Logic, StepSet, TickSchedule};
use parlour_testing::metric_value;

/// Returns game logic that counts the steps of its world.
fn step_counter() -> Logic {
    Logic::new(|app| {
        let count = || metrics::counter!("game_steps_total").increment(1);
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate));
    })
}

/// Returns the text of `/metrics`.
fn metrics_text(server: &parlour::Server) -> String {
    let (_, text) = support::admin(server.admin_addr(), "GET /metrics", "");
    String::from_utf8(text).unwrap()
}

/// Returns the value of a metric in the text of `/metrics`.
#[track_caller]
fn value(text: &str, name: &str) -> f64 {
    metric_value(text, name).unwrap_or_else(|| panic!("no metric {name}"))
}
