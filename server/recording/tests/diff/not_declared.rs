//! Sources of differences between a loaded world and one that ran from the start: game logic that
//! depends on something outside of the declared state.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::replay::{
    Replay,
    diff::{Difference, DifferenceCause, StateDifference, diff_with_rerun},
};
use parlour_shared::rng::{Purpose, Stream};
use parlour_sim::{Clock, Logic, Player, SimulationApp, Skin};

use crate::support::{
    AT, EVERY, Recorded, SAVED, Score, config, inputs, is_time, logic, record, record_on, score_bob,
    simulate, state_difference,
};

/// Records a planted system in a world that runs from the start and in one that is loaded at
/// [`SAVED`], and compares the recordings.
fn find(name: &str, plant: fn(&mut App)) -> StateDifference {
    let logic = logic(plant);
    let one: Recorded = record(&format!("{name}-one"), &config(), &logic, &inputs());
    let other = record_on(&format!("{name}-other"), &logic, &one, SAVED);
    let difference = state_difference(&logic, &[one, other]);
    assert_eq!(difference.parting.cause, DifferenceCause::NotDeclared);
    assert_eq!(
        difference.parting.pair.unwrap().map(|origin| origin.from),
        [0, SAVED]
    );
    // There is no randomness: each rerun reaches the states of its recording.
    assert_eq!(difference.reproduces, [true, true]);
    assert_eq!(difference.components, ["score"]);
    assert!(difference.parting.suspects.is_empty() && !difference.parting.put_off);
    difference
}

fn check(difference: &StateDifference, tick: u32, system: &str, player: Option<&str>) {
    let first = &difference.parting.parts.listed[0];
    assert_eq!((difference.tick, difference.recorded_tick), (tick, tick));
    assert_eq!(difference.parting.system.as_ref().unwrap().short, system);
    assert_eq!(first.component, "score");
    assert_eq!(first.room.as_deref(), Some("square"));
    assert_ne!(first.one, first.other);
    if let Some(name) = player {
        assert_eq!(first.player.as_ref().unwrap().name, name);
    }
}

/// Affects the score, but is declared as presentation only.
#[derive(Component, Default)]
struct Combo(u64);

fn cash_combos(mut players: Query<(&Player, &mut Combo, &mut Score)>, clock: Res<Clock>) {
    for (player, mut combo, mut score) in &mut players {
        combo.0 += 1;
        if is_time(&clock) && player.name == "Cleo" {
            score.0 = combo.0;
        }
    }
}

#[test]
fn a_component_declared_as_presentation_only_is_found() {
    let difference = find("skipped", |app| {
        app.presentation_only::<Combo>();
        app.world_mut().register_required_components::<Player, Combo>();
        simulate(app, cash_combos);
    });
    check(&difference, AT, "not_declared::cash_combos", Some("Cleo"));
    let first = &difference.parting.parts.listed[0];
    assert_eq!(first.one, Some(AT.into()));
    assert_eq!(first.other, Some((AT - SAVED).into()));
}

fn score_by_entity(mut players: Query<(Entity, &mut Score)>, clock: Res<Clock>) {
    if is_time(&clock) {
        for (entity, mut score) in &mut players {
            score.0 = entity.to_bits();
        }
    }
}

#[test]
fn entity_ids_are_found() {
    let difference = find("entity", |app| simulate(app, score_by_entity));
    check(&difference, AT, "not_declared::score_by_entity", None);
}

fn first_of_a_query(mut players: Query<&mut Score>, clock: Res<Clock>) {
    if is_time(&clock)
        && let Some(mut score) = players.iter_mut().next()
    {
        score.0 += 1;
    }
}

#[test]
fn the_order_of_a_query_is_found() {
    let difference = find("query", |app| simulate(app, first_of_a_query));
    check(&difference, AT, "not_declared::first_of_a_query", None);
    assert_eq!(difference.parting.parts.listed.len(), 2);
}

fn count_in_a_local(mut count: Local<u64>, mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    *count += 1;
    if is_time(&clock) {
        score_bob(&mut players, *count);
    }
}

#[test]
fn a_local_of_a_system_is_found() {
    let difference = find("local", |app| simulate(app, count_in_a_local));
    check(&difference, AT, "not_declared::count_in_a_local", Some("Bob"));
}

fn count_new_skins(mut players: Query<&mut Score, Changed<Skin>>) {
    for mut score in &mut players {
        score.0 += 1;
    }
}

/// Everything in a loaded world counts as changed.
#[test]
fn a_filter_for_changed_components_is_found() {
    let difference = find("changed", |app| simulate(app, count_new_skins));
    check(&difference, SAVED + 1, "not_declared::count_new_skins", None);
}

/// A seeded random stream whose position is not saved.
#[derive(Resource)]
struct Dice(Stream);

fn throw_dice(mut dice: ResMut<Dice>, mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    let number = dice.0.below(1_000_000);
    if is_time(&clock) {
        score_bob(&mut players, number.into());
    }
}

#[test]
fn a_random_stream_is_found() {
    let difference = find("dice", |app| {
        app.insert_resource(Dice(Stream::new(5, 0, Purpose::Game)));
        app.presentation_only::<Dice>();
        simulate(app, throw_dice);
    });
    check(&difference, AT, "not_declared::throw_dice", Some("Bob"));
}

fn score_new_players(mut players: Query<&mut Score, Added<Player>>) {
    for mut score in &mut players {
        score.0 += 1;
    }
}

#[test]
fn a_filter_for_added_components_is_found() {
    let difference = find("added", |app| simulate(app, score_new_players));
    check(&difference, SAVED + 1, "not_declared::score_new_players", None);
}

/// Records a world from the start, and compares the recording with a rerun. Both ran from the
/// start, so only a world loaded from a saved one makes a difference.
fn find_alone(name: &str, logic: &Logic) -> Difference {
    let one = record(&format!("{name}-alone"), &config(), logic, &inputs());
    let again = one.path.with_extension("again");
    let open = |path: &std::path::Path| Replay::open(path, &config().maps, logic.clone()).unwrap();
    open(&one.path).record_again(&again, "test").unwrap();
    let difference = diff_with_rerun(&mut open(&one.path), &mut open(&again));
    std::fs::remove_file(&again).unwrap();
    difference.unwrap()
}

#[test]
fn state_missing_from_saved_worlds_is_found_with_one_recording() {
    let plants = [
        (
            "local",
            logic(|app| simulate(app, count_in_a_local)),
            AT,
            "count_in_a_local",
        ),
        (
            "added",
            logic(|app| simulate(app, score_new_players)),
            EVERY + 1,
            "score_new_players",
        ),
    ];
    for (name, logic, tick, system) in plants {
        let difference = find_alone(name, &logic);
        let report = difference.to_string();
        let Difference::State(difference) = difference else {
            panic!("{report}");
        };
        assert_eq!(
            (
                difference.parting.cause,
                difference.tick,
                difference.recorded_tick
            ),
            (DifferenceCause::NotDeclared, tick, tick)
        );
        assert_eq!(
            difference.parting.system.unwrap().short,
            format!("not_declared::{system}")
        );
        assert_eq!(difference.components, ["score"]);
        for cause in ["Local", "Added", "Changed", "RemovedComponents", "static"] {
            assert!(report.contains(cause), "{cause}: {report}");
        }
    }
}

#[test]
fn a_recording_with_complete_saved_worlds_is_the_same() {
    assert!(find_alone("sound", &logic(|_| {})).is_same());
}
