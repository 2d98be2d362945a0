//! Sources of differences between two runs of the same world: the order of hash maps and of
//! commands, random numbers, clocks, addresses, threads and statics.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::replay::diff::{DifferenceCause, StateDifference};
use parlour_sim::{Clock, FromPlayer, Player, SimulationApp};
use serde::{Deserialize, Serialize};

use crate::support::{
    AT, Claim, SAVED, Score, config, inputs, is_time, logic, record, score_bob, simulate, state_difference,
    two_that_differ,
};

/// Records a planted system twice, compares the recordings, and checks the tick and the cause.
fn find(name: &str, plant: fn(&mut App)) -> StateDifference {
    let logic = logic(plant);
    let difference = state_difference(&logic, &two_that_differ(name, &logic));
    assert_eq!((difference.tick, difference.recorded_tick), (AT, AT));
    assert!(
        difference.parting.suspects.is_empty(),
        "{:?}",
        difference.parting.suspects
    );
    let pair = difference.parting.pair.unwrap();
    assert_eq!(pair.map(|origin| origin.from), [SAVED; 2]);
    assert_eq!(difference.parting.cause, DifferenceCause::Chance);
    difference
}

/// Returns the reported system, component, room and player.
fn names(difference: &StateDifference) -> [&str; 4] {
    let first = &difference.parting.parts.listed[0];
    assert_ne!(first.one, first.other);
    let player = first.player.as_ref().map_or("", |player| &player.name);
    let system = difference
        .parting
        .system
        .as_ref()
        .unwrap_or_else(|| panic!("no system: {difference:?}"));
    assert!(
        system.full.ends_with(&system.short) && system.full.starts_with("diff::"),
        "{system:?}"
    );
    [
        &system.short,
        &first.component,
        first.room.as_deref().unwrap_or_default(),
        player,
    ]
}

fn first_of_a_map(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        let mut by_name: HashMap<String, Mut<Score>> = HashMap::new();
        for (player, score) in &mut players {
            by_name.insert(player.name.clone(), score);
        }
        if let Some((_, mut score)) = by_name.into_iter().next() {
            score.0 += 1;
        }
    }
}

#[test]
fn the_order_of_a_hash_map_is_found() {
    let difference = find("hash-map", |app| simulate(app, first_of_a_map));
    let [system, component, room, player] = names(&difference);
    assert_eq!(
        [system, component, room],
        ["chance::first_of_a_map", "score", "square"]
    );
    assert!(["Ada", "Bob", "Cleo", "Dan"].contains(&player));
    // In each world, a different player got the point.
    assert_eq!(difference.parting.parts.listed.len(), 2);
    assert_eq!(difference.components, ["score"]);
}

fn roll(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        score_bob(&mut players, RandomState::new().build_hasher().finish() >> 40);
    }
}

#[test]
fn unseeded_random_numbers_are_found() {
    let difference = find("random", |app| simulate(app, roll));
    assert_eq!(names(&difference), ["chance::roll", "score", "square", "Bob"]);
    assert_eq!(difference.reproduces, [false; 2]);
}

fn note_the_time(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        score_bob(&mut players, since.as_nanos() as u64);
    }
}

#[test]
fn a_wall_clock_is_found() {
    let difference = find("clock", |app| simulate(app, note_the_time));
    assert_eq!(
        names(&difference),
        ["chance::note_the_time", "score", "square", "Bob"]
    );
}

fn note_the_second(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        score_bob(&mut players, since.as_secs());
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the system under test reads the real clock"
)]
fn one_second() {
    thread::sleep(Duration::from_millis(1001));
}

/// Worlds that run within the same second agree. Sleeps in real time, because the system reads the
/// real clock.
#[test]
fn a_wall_clock_in_seconds_is_found() {
    let logic = logic(|app| simulate(app, note_the_second));
    let one = record("second-one", &config(), &logic, &inputs());
    one_second();
    let other = record("second-other", &config(), &logic, &inputs());
    let difference = state_difference(&logic, &[one, other]);
    assert_eq!(difference.tick, AT);
    assert_eq!(
        names(&difference),
        ["chance::note_the_second", "score", "square", "Bob"]
    );
    // A second may have ended between two runs.
    assert!(
        matches!(
            difference.parting.cause,
            DifferenceCause::Clock | DifferenceCause::Chance
        ),
        "{:?}",
        difference.parting.cause
    );
}

/// Given to the first player that claims it.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
struct Prize;

/// Marks a player that [`see_everyone`] has seen.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
struct Seen;

fn first_come(mut claims: MessageReader<FromPlayer<Claim>>, mut commands: Commands) {
    let claims: HashMap<Entity, ()> = claims.read().map(|claim| (claim.player, ())).collect();
    if let Some((&player, ())) = claims.iter().next() {
        commands.entity(player).insert(Prize);
    }
}

/// Also defers commands, but the same in every run.
fn see_everyone(
    players: Query<Entity, (With<Player>, Without<Seen>)>,
    clock: Res<Clock>,
    mut commands: Commands,
) {
    if is_time(&clock) {
        for player in &players {
            commands.entity(player).insert(Seen);
        }
    }
}

#[test]
fn the_order_of_commands_is_found() {
    let difference = find("commands", |app| {
        app.state_component::<Prize>("prize");
        app.state_component::<Seen>("seen");
        simulate(app, (see_everyone, first_come));
    });
    let [system, component, room, _] = names(&difference);
    assert_eq!(
        [system, component, room],
        ["chance::first_come", "prize", "square"]
    );
    assert!(difference.parting.put_off);
}

static SERVED: AtomicU64 = AtomicU64::new(0);

fn take_a_number(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        score_bob(&mut players, SERVED.fetch_add(1, Ordering::Relaxed));
    }
}

#[test]
fn a_static_counter_is_found() {
    let difference = find("static", |app| simulate(app, take_a_number));
    assert_eq!(
        names(&difference),
        ["chance::take_a_number", "score", "square", "Bob"]
    );
}

/// A resource with an address in memory.
#[derive(Resource)]
struct Lair(Box<u64>);

fn find_the_lair(mut players: Query<(&Player, &mut Score)>, lair: Res<Lair>, clock: Res<Clock>) {
    if is_time(&clock) {
        score_bob(&mut players, (&raw const *lair.0).addr() as u64 + *lair.0);
    }
}

#[test]
fn an_address_in_memory_is_found() {
    let difference = find("address", |app| {
        app.insert_resource(Lair(Box::new(0)));
        app.presentation_only::<Lair>();
        simulate(app, find_the_lair);
    });
    assert_eq!(
        names(&difference),
        ["chance::find_the_lair", "score", "square", "Bob"]
    );
}

fn ask_a_thread(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        let name = thread::spawn(|| format!("{:?}", thread::current().id()))
            .join()
            .unwrap();
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        score_bob(&mut players, digits.parse().unwrap());
    }
}

#[test]
fn the_id_of_a_thread_is_found() {
    let difference = find("thread", |app| simulate(app, ask_a_thread));
    assert_eq!(
        names(&difference),
        ["chance::ask_a_thread", "score", "square", "Bob"]
    );
}

/// Makes a difference in random ticks, so a rerun differs in other ticks than the recordings.
fn flicker(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if clock.tick.0 > SAVED && RandomState::new().build_hasher().finish().is_multiple_of(16) {
        score_bob(&mut players, clock.tick.0.into());
    }
}

#[test]
fn a_random_difference_is_reported_at_the_first_tick_of_a_rerun() {
    let logic = logic(|app| simulate(app, flicker));
    let difference = state_difference(&logic, &two_that_differ("flicker", &logic));
    assert!(
        difference.tick <= difference.recorded_tick && difference.tick > SAVED,
        "{difference:?}"
    );
    assert_eq!(names(&difference), ["chance::flicker", "score", "square", "Bob"]);
    assert_eq!(difference.parting.cause, DifferenceCause::Chance);
}

fn panic_at_random(clock: Res<Clock>) {
    let panics = RandomState::new().build_hasher().finish().is_multiple_of(2);
    assert!(!is_time(&clock) || !panics, "on purpose");
}

#[test]
fn a_panic_in_one_of_two_runs_is_found() {
    let difference = find("panic", |app| simulate(app, panic_at_random));
    assert_eq!(
        difference.parting.system.unwrap().short,
        "chance::panic_at_random"
    );
    assert_ne!(difference.parting.panicked[0], difference.parting.panicked[1]);
    assert!(difference.parting.parts.listed.is_empty());
    assert_eq!(difference.reproduces, [true; 2]);
}
