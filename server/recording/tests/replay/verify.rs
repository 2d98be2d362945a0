//! Verifying a recording: every hash is compared, and the first difference is an error.

use bevy_ecs::prelude::*;
use parlour_recording::replay::{Replay, ReplayError, verify};
use parlour_shared::ids::Tick;
use parlour_sim::{Clock, Logic, StepSet, TickSchedule, Walk};

use crate::support::{TemporaryPath, maps, replay, ticks, walkers, whole};

#[test]
fn a_recording_is_verified_to_its_end() {
    let file = TemporaryPath::file(&walkers().record(900));
    let mut replay = replay(&file);
    let window = whole(&replay);
    let mut seen = Vec::new();
    let verified = verify(&mut replay, window, |tick| seen.push(tick.0)).unwrap();
    assert_eq!((verified.first, verified.last), (Tick(1), Tick(900)));
    assert_eq!((verified.hashes(), verified.ticks()), (900, 900));
    assert_eq!(seen, (1..=900).collect::<Vec<_>>());
}

#[test]
fn verifying_a_window_starts_at_the_saved_world_before_it() {
    let file = TemporaryPath::file(&walkers().record(900));
    let mut replay = replay(&file);
    let verified = verify(&mut replay, ticks(700, 720), |_| {}).unwrap();
    assert_eq!((verified.first, verified.last), (Tick(601), Tick(720)));
}

#[test]
fn the_error_names_the_first_tick_that_differs() {
    let mut script = walkers();
    script.wrong_hash = Some(432);
    let file = TemporaryPath::file(&script.record(900));
    let mut replay = replay(&file);
    let window = whole(&replay);
    match verify(&mut replay, window, |_| {}) {
        Err(ReplayError::Diverged {
            tick, recorded, got, ..
        }) => {
            assert_eq!((tick, recorded), (Tick(432), got ^ 1));
        }
        other => panic!("{other:?}"),
    }
    // The ticks before it are verified, and so are those after the next saved world.
    assert!(verify(&mut replay, ticks(1, 431), |_| {}).is_ok());
    assert!(verify(&mut replay, ticks(700, 900), |_| {}).is_ok());
}

#[test]
fn a_recorded_panic_that_repeats_is_not_a_difference() {
    let mut script = walkers();
    script.panics = true;
    let file = TemporaryPath::file(&script.record(50));
    let logic = Logic::new(|app| {
        app.add_systems(TickSchedule, fail_at_50.before(Walk).in_set(StepSet::Simulate));
    });
    let mut replay = Replay::open(&file.0, &maps(), logic).unwrap();
    let window = whole(&replay);
    let verified = verify(&mut replay, window, |_| {}).unwrap();
    assert_eq!((verified.last, verified.hashes()), (Tick(50), 49));
    assert_eq!(verified.panic.as_deref(), Some("fifty is too many"));
    assert!(matches!(
        replay.run_to(Tick(50)).map(|run| run.tick()),
        Err(ReplayError::Panicked { tick: Tick(50), message }) if message == "fifty is too many"
    ));
    assert_eq!(replay.run_to(Tick(49)).unwrap().tick(), Tick(49));
}

fn fail_at_50(clock: Res<Clock>) {
    assert!(clock.tick < Tick(50), "fifty is too many");
}
