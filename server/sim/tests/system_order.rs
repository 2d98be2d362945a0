//! Systems that access the same data without an order stop the world, with a text that says what to
//! write.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{FollowPaths, Motion, Player, Route, Simulation, SimulationApp, StepSet, TickSchedule};
use parlour_testing::plaza;
use serde::{Deserialize, Serialize};

#[derive(Component, Default, Serialize, Deserialize)]
struct Score(u32);

fn score(mut scores: Query<&mut Score>) {
    scores.iter_mut().for_each(|mut score| score.0 += 1);
}

fn reset(mut scores: Query<&mut Score>) {
    scores.iter_mut().for_each(|mut score| score.0 = 0);
}

fn push(mut motions: Query<&mut Motion, With<Player>>) {
    motions.iter_mut().for_each(|_| {});
}

fn patrol(mut guards: Query<&mut Route>) {
    guards.iter_mut().for_each(|_| {});
}

fn all(_: &mut World) {}

/// Returns the panic of a world with this game logic.
fn refused(add: impl Fn(&mut App) + Send + Sync + 'static) -> String {
    let logic = move |app: &mut App| {
        app.state_component::<Score>("score");
        add(app);
    };
    let made = catch_unwind(AssertUnwindSafe(|| {
        drop(Simulation::with_plugins(plaza(), logic))
    }));
    *made.unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn two_systems_of_game_logic_are_named_with_the_data_and_the_line_to_write() {
    let text = refused(|app| {
        app.add_systems(TickSchedule, (score, reset).in_set(StepSet::Simulate));
    });
    let texts = [("score", "reset"), ("reset", "score")].map(|(one, other)| {
        format!(
            "the systems system_order::{one} and system_order::{other} both access system_order::Score, and at least one \
             of them mutably, but nothing says which of them runs first: add both with ({one}, {other}).chain(), or one \
             with .before(..) or .after(..) the other"
        )
    });
    assert!(texts.contains(&text), "{text}");
}

#[test]
fn the_text_is_enough_to_mend_it() {
    let _ = Simulation::with_plugins(plaza(), |app: &mut App| {
        app.state_component::<Score>("score");
        app.add_systems(TickSchedule, (score, reset).chain().in_set(StepSet::Simulate));
        app.add_systems(TickSchedule, push.before(FollowPaths).in_set(StepSet::Simulate));
        app.follow_paths(2_000);
        app.add_systems(TickSchedule, patrol.before(FollowPaths).in_set(StepSet::Simulate));
    });
}

#[test]
fn a_system_that_moves_players_is_told_of_walk() {
    let text = refused(|app| {
        app.add_systems(TickSchedule, push.in_set(StepSet::Simulate));
    });
    assert!(
        text.lines().all(|line| line.contains("system_order::push")),
        "{text}"
    );
    assert!(
        text.contains("add it with push.before(Walk) or push.after(Walk)"),
        "{text}"
    );
    assert!(text.contains("parlour_sim::movement::"), "{text}");
}

#[test]
fn a_system_that_sets_targets_is_told_of_follow_paths() {
    let text = refused(|app| {
        app.follow_paths(2_000);
        app.add_systems(TickSchedule, patrol.in_set(StepSet::Simulate));
    });
    assert!(
        text.contains("add it with patrol.before(FollowPaths) or patrol.after(FollowPaths)"),
        "{text}"
    );
}

#[test]
fn a_system_without_a_set_is_told_to_choose_one() {
    let text = refused(|app| {
        app.add_systems(TickSchedule, push);
    });
    assert!(
        text.contains("push is in no set of StepSet: add it with push.in_set(StepSet::Simulate)"),
        "{text}"
    );
    assert!(text.lines().count() <= 9, "{text}");
}

#[test]
fn an_exclusive_system_accesses_the_whole_world() {
    let text = refused(|app| {
        app.add_systems(TickSchedule, all.in_set(StepSet::Simulate));
    });
    assert!(text.contains("both access the whole world"), "{text}");
    assert!(text.contains("all.before(Walk) or all.after(Walk)"), "{text}");
}
