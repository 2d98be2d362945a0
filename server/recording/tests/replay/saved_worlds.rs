//! A second world is loaded from each saved world. It differs from the recording if game logic
//! depends on something that is not saved, even if the first world reaches every recorded state.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::replay::{Replay, ReplayError, Verification, verify};
use parlour_shared::ids::Tick;
use parlour_sim::{Clock, Logic, Room, SimulationApp, StepSet, TickSchedule, Walk};
use parlour_testing::recording::ScriptedRecording;
use serde::{Deserialize, Serialize};

use crate::support::{TemporaryPath, maps, ticks, walkers, whole};

/// A number that is part of the state.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Steps(u32);

/// Returns game logic with [`Steps`] and one system.
fn planted<M>(
    system: impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, M> + Copy + Send + Sync + 'static,
) -> Logic {
    Logic::new(move |app: &mut App| {
        app.init_resource::<Steps>().state_resource::<Steps>("steps");
        app.add_systems(TickSchedule, system.in_set(StepSet::Simulate).before(Walk));
    })
}

/// Returns the recording of walkers with this game logic. Worlds are saved after ticks 300, 600 and
/// so on.
fn with(logic: Logic) -> ScriptedRecording {
    let mut script = walkers();
    script.logic = logic;
    script
}

fn opened(file: &TemporaryPath, script: &ScriptedRecording) -> Replay {
    Replay::open(&file.0, &maps(), script.logic.clone()).unwrap()
}

/// Records ticks 1 to `last` and verifies them.
fn verified(script: &ScriptedRecording, last: u32) -> Result<Verification, ReplayError> {
    let file = TemporaryPath::file(&script.record(last));
    let mut replay = opened(&file, script);
    let window = whole(&replay);
    verify(&mut replay, window, |_| {})
}

/// Verifies, and expects [`ReplayError::NotSaved`]. Returns the tick of the saved world, the tick
/// that differs, the parts that differ, and the text of the error.
fn not_saved(script: &ScriptedRecording, last: u32) -> (u32, u32, Vec<String>, String) {
    let error = verified(script, last).unwrap_err();
    assert!(error.is_divergence());
    let text = error.to_string();
    match error {
        ReplayError::NotSaved { saved, tick, parts } => (saved.0, tick.0, parts, text),
        other => panic!("{other:?}"),
    }
}

fn count_in_a_local(mut count: Local<u32>, mut steps: ResMut<Steps>) {
    *count += 1;
    if *count == 450 {
        steps.0 += 1;
    }
}

#[test]
fn logic_that_depends_on_a_local_is_found() {
    let script = with(planted(count_in_a_local));
    let (saved, tick, parts, text) = not_saved(&script, 900);
    assert_eq!(
        (saved, tick, parts.as_slice()),
        (300, 450, &["steps".to_owned()][..])
    );
    for words in [
        "the world saved after tick 300",
        "tick 450, steps",
        "reached every recorded state",
        "a Local, Added or Changed",
        "RemovedComponents",
        "static",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn an_error_on_the_way_to_a_tick_names_the_saved_world_it_started_from() {
    let script = with(planted(count_in_a_local));
    let file = TemporaryPath::file(&script.record(900));
    let mut replay = opened(&file, &script);
    let error = replay.run_to(Tick(500)).map(|run| run.tick()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("tick 450 reached a different state"), "{text}");
    assert!(
        text.ends_with("in a world that was loaded from the world saved after tick 300"),
        "{text}"
    );
}

fn count_new_rooms(rooms: Query<(), Added<Room>>, mut steps: ResMut<Steps>) {
    steps.0 += rooms.iter().count() as u32;
}

#[test]
fn logic_that_depends_on_added_is_found() {
    let (saved, tick, parts, _) = not_saved(&with(planted(count_new_rooms)), 900);
    assert_eq!(
        (saved, tick, parts.as_slice()),
        (300, 301, &["steps".to_owned()][..])
    );
}

fn panic_if_the_local_differs(mut count: Local<u32>, clock: Res<Clock>) {
    *count += 1;
    assert!(*count == clock.tick.0, "the local is not the tick");
}

#[test]
fn a_panic_in_only_the_second_world_is_found() {
    let (saved, tick, parts, _) = not_saved(&with(planted(panic_if_the_local_differs)), 900);
    assert_eq!((saved, tick), (300, 301));
    assert_eq!(parts, ["it panicked (the local is not the tick)"]);
}

fn panic_at_450_by_a_local(mut count: Local<u32>) {
    *count += 1;
    assert!(*count < 450, "tick 450");
}

#[test]
fn a_recorded_panic_that_does_not_repeat_in_the_second_world_is_found() {
    let mut script = with(planted(panic_at_450_by_a_local));
    script.panics = true;
    let (saved, tick, parts, _) = not_saved(&script, 450);
    assert_eq!((saved, tick), (300, 450));
    assert_eq!(parts, ["it did not panic"]);
}

fn panic_at_450_by_the_clock(clock: Res<Clock>) {
    assert!(clock.tick < Tick(450), "tick 450");
}

#[test]
fn a_recorded_panic_that_repeats_in_both_worlds_is_not_a_difference() {
    let mut script = with(planted(panic_at_450_by_the_clock));
    script.panics = true;
    let verified = verified(&script, 450).unwrap();
    assert_eq!((verified.saved_worlds, verified.hashes()), (1, 449));
    assert_eq!(verified.panic.as_deref(), Some("tick 450"));
}

#[test]
fn a_difference_of_the_first_world_is_reported_first() {
    let mut script = with(planted(count_in_a_local));
    script.wrong_hash = Some(700);
    match verified(&script, 900) {
        Err(ReplayError::Diverged { tick, .. }) => assert_eq!(tick, Tick(700)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_result_counts_the_saved_worlds_that_were_loaded() {
    let script = walkers();
    let file = TemporaryPath::file(&script.record(900));
    let mut replay = opened(&file, &script);
    // A saved world after the last tick has no tick to run, and the first world starts with the
    // saved world before the window.
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
fn saved_worlds_of_later_files_are_also_loaded() {
    let script = with(planted(count_in_a_local));
    let directory = script.record_rotated(900, &[300, 600]);
    let open = |file: &str| Replay::open(&directory.0.join(file), &maps(), script.logic.clone());
    let mut replay = open("t1.plr").unwrap();
    replay.append(&directory.0.join("t300.plr")).unwrap();
    replay.append(&directory.0.join("t600.plr")).unwrap();
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
