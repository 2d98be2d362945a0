//! Recordings of two programs: this program reaches the states of only one of them, or of neither.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::replay::diff::DifferenceCause;
use parlour_sim::{Clock, Player, StepSet, TickSchedule};

use crate::support::{AT, Recorded, Score, config, inputs, logic, record, record_on, state_difference};

fn score(players: &mut Query<(&Player, &mut Score)>, clock: &Clock, value: u64) {
    for (player, mut score) in players.iter_mut() {
        if clock.tick.0 == AT && player.name == "Dan" {
            score.0 = value;
        }
    }
}

fn once(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    score(&mut players, &clock, 7);
}

fn twice(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    score(&mut players, &clock, 14);
}

fn with_once(app: &mut App) {
    app.add_systems(TickSchedule, once.in_set(StepSet::Simulate));
}

fn with_twice(app: &mut App) {
    app.add_systems(TickSchedule, twice.in_set(StepSet::Simulate));
}

fn recordings(name: &str) -> [Recorded; 2] {
    let take = |plant, side| record(&format!("{name}-{side}"), &config(), &logic(plant), &inputs());
    [take(with_once, "one"), take(with_twice, "other")]
}

#[test]
fn the_recording_of_a_different_program_and_the_writer_of_the_component_are_named() {
    let takes = recordings("programs");
    for (plant, system, reproduces) in [
        (with_once as fn(&mut App), "programs::once", [true, false]),
        (with_twice, "programs::twice", [false, true]),
    ] {
        let difference = state_difference(&logic(plant), &takes);
        assert_eq!(
            (difference.tick, difference.parting.cause),
            (AT, DifferenceCause::OtherProgram)
        );
        assert_eq!(difference.reproduces, reproduces);
        assert_eq!(difference.components, ["score"]);
        // Only this system wrote the component in that tick.
        assert_eq!(difference.parting.system.as_ref().unwrap().short, system);
        let [part] = difference.parting.parts.listed.as_slice() else {
            panic!("{difference:?}");
        };
        assert_eq!(difference.saved_at, Some(180));
        assert_eq!(
            (part.one.clone(), part.other.clone()),
            (Some(7.into()), Some(14.into()))
        );
        assert_eq!(part.player.as_ref().unwrap().name, "Dan");
        assert_eq!(part.room.as_deref(), Some("square"));
    }
}

/// Also scores 20 ticks earlier, which neither recording does.
fn early_and_once(mut players: Query<(&Player, &mut Score)>, clock: Res<Clock>) {
    if clock.tick.0 == AT - 20 {
        players.iter_mut().for_each(|(_, mut score)| score.0 = 1);
    }
    score(&mut players, &clock, 7);
}

#[test]
fn a_program_that_reaches_neither_recording_is_reported_where_it_leaves_them() {
    let plant = |app: &mut App| {
        app.add_systems(TickSchedule, early_and_once.in_set(StepSet::Simulate));
    };
    let difference = state_difference(&logic(plant), &recordings("neither"));
    assert_eq!((difference.tick, difference.recorded_tick), (AT - 20, AT));
    assert_eq!(
        (difference.parting.cause, difference.reproduces),
        (DifferenceCause::OtherProgram, [false; 2])
    );
    assert_eq!(
        difference.parting.system.unwrap().short,
        "programs::early_and_once"
    );
}

#[test]
fn worlds_that_differ_at_the_first_common_tick_are_compared_by_their_saved_state() {
    let [one, other] = recordings("before");
    let on = record_on("before-on", &logic(with_twice), &other, 180);
    let difference = state_difference(&logic(with_once), &[one, on]);
    assert_eq!((difference.tick, difference.saved_at), (180, Some(180)));
    assert_eq!(difference.components, ["score"]);
    let [part] = difference.parting.parts.listed.as_slice() else {
        panic!("{difference:?}");
    };
    assert_eq!(
        (part.one.clone(), part.other.clone()),
        (Some(7.into()), Some(14.into()))
    );
}
