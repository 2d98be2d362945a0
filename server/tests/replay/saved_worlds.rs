//! A second world begins at each saved world: what decides and is not saved shows, though the first
//! world comes out as it was recorded.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::replay::{Replay, ReplayError, Verified, verify};
use parlour_shared::ids::Tick;
use parlour_sim::{Clock, Logic, Room, SimulationApp, StepSet, TickSchedule, Walk};
use serde::{Deserialize, Serialize};

use crate::support::{Recorded, Temporary, bundled, story, ticks, whole};

/// A number that is part of the state.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Steps(u32);

/// Game logic with steps, and a system that is planted.
fn planted<M>(
    system: impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, M> + Copy + Send + Sync + 'static,
) -> Logic {
    Logic::new(move |app: &mut App| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        app.add_systems(TickSchedule, system.in_set(StepSet::Simulate).before(Walk));
    })
}

/// The story with that logic; worlds are saved after ticks 300, 600 and so on.
fn with(logic: Logic) -> Recorded {
    let mut script = story();
    script.logic = logic;
    script
}

fn opened(file: &Temporary, script: &Recorded) -> Replay {
    Replay::open(&file.0, &bundled(), script.logic.clone()).unwrap()
}

/// Records so many ticks and verifies all of them.
fn verified(script: &Recorded, last: u32) -> Result<Verified, ReplayError> {
    let file = Temporary::file(&script.record(last));
    let mut replay = opened(&file, script);
    let window = whole(&replay);
    verify(&mut replay, window, |_| {})
}

/// The saved world, the tick and what differs; and the error in words.
fn not_saved(script: &Recorded, last: u32) -> (u32, u32, Vec<String>, String) {
    let error = verified(script, last).unwrap_err();
    assert!(error.is_divergence());
    let text = error.to_string();
    match error {
        ReplayError::NotSaved { saved, tick, parts } => (saved.0, tick.0, parts, text),
        other => panic!("{other:?}"),
    }
}

fn count_for_oneself(mut count: Local<u32>, mut steps: ResMut<Steps>) {
    *count += 1;
    if *count == 450 {
        steps.0 += 1;
    }
}

#[test]
fn a_score_that_counts_with_a_local_is_found() {
    let script = with(planted(count_for_oneself));
    let (saved, tick, parts, text) = not_saved(&script, 900);
    assert_eq!(
        (saved, tick, parts.as_slice()),
        (300, 450, &["steps".to_owned()][..])
    );
    for words in [
        "the one saved after tick 300",
        "at tick 450: steps",
        "reached every recorded state",
        "a Local, Added or Changed",
        "RemovedComponents",
        "static",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_look_at_a_moment_says_that_it_began_at_a_saved_world() {
    let script = with(planted(count_for_oneself));
    let file = Temporary::file(&script.record(900));
    let mut replay = opened(&file, &script);
    let error = replay.run_to(Tick(500)).map(|run| run.tick()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("tick 450 reached a different state"), "{text}");
    assert!(
        text.ends_with("in a world that has run since the one saved after tick 300"),
        "{text}"
    );
}

fn count_new_rooms(rooms: Query<(), Added<Room>>, mut steps: ResMut<Steps>) {
    steps.0 += rooms.iter().count() as u32;
}

#[test]
fn logic_that_decides_by_what_was_added_is_found() {
    let (saved, tick, parts, _) = not_saved(&with(planted(count_new_rooms)), 900);
    assert_eq!(
        (saved, tick, parts.as_slice()),
        (300, 301, &["steps".to_owned()][..])
    );
}

fn stand_on_the_count(mut count: Local<u32>, clock: Res<Clock>) {
    *count += 1;
    assert!(*count == clock.tick.0, "not from the start");
}

#[test]
fn a_panic_in_the_second_world_only_is_found() {
    let (saved, tick, parts, _) = not_saved(&with(planted(stand_on_the_count)), 900);
    assert_eq!((saved, tick), (300, 301));
    assert_eq!(parts, ["it panicked (not from the start)"]);
}

fn fall_at_450(mut count: Local<u32>) {
    *count += 1;
    assert!(*count < 450, "far enough");
}

#[test]
fn a_recorded_panic_that_no_saved_world_leads_to_is_found() {
    let mut script = with(planted(fall_at_450));
    script.panics = true;
    let (saved, tick, parts, _) = not_saved(&script, 450);
    assert_eq!((saved, tick), (300, 450));
    assert_eq!(parts, ["it did not panic"]);
}

fn fall_by_the_clock(clock: Res<Clock>) {
    assert!(clock.tick < Tick(450), "far enough");
}

#[test]
fn a_recorded_panic_that_comes_again_in_both_worlds_is_no_difference() {
    let mut script = with(planted(fall_by_the_clock));
    script.panics = true;
    let verified = verified(&script, 450).unwrap();
    assert_eq!((verified.saved_worlds, verified.hashes()), (1, 449));
    assert_eq!(verified.panic.as_deref(), Some("far enough"));
}

#[test]
fn a_difference_in_the_first_world_comes_first() {
    let mut script = with(planted(count_for_oneself));
    script.wrong_hash = Some(700);
    match verified(&script, 900) {
        Err(ReplayError::Diverged { tick, .. }) => assert_eq!(tick, Tick(700)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_saved_worlds_on_the_way_are_counted() {
    let script = story();
    let file = Temporary::file(&script.record(900));
    let mut replay = opened(&file, &script);
    // The one after the last tick leads nowhere; the one that the window begins with is that of the
    // first world.
    for (from, to, count) in [
        (1, 900, 2),
        (1, 600, 1),
        (1, 601, 2),
        (302, 900, 1),
        (700, 720, 0),
    ] {
        let verified = verify(&mut replay, ticks(from, to), |_| {}).unwrap();
        assert_eq!(verified.saved_worlds, count, "{from} to {to}");
    }
}

#[test]
fn saved_worlds_of_later_files_are_tried_as_well() {
    let script = with(planted(count_for_oneself));
    let directory = script.record_rotated(900, &[300, 600]);
    let open = |file: &str| Replay::open(&directory.0.join(file), &bundled(), script.logic.clone());
    let mut replay = open("t1.plr").unwrap();
    replay.go_on_with(&directory.0.join("t300.plr")).unwrap();
    replay.go_on_with(&directory.0.join("t600.plr")).unwrap();
    let window = whole(&replay);
    let error = verify(&mut replay, window, |_| {}).unwrap_err();
    assert!(
        matches!(
            error,
            ReplayError::NotSaved {
                saved: Tick(300),
                tick: Tick(450),
                ..
            }
        ),
        "{error}"
    );
}
