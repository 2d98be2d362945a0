//! A recording of a world that skips ticks is as good as one of a world that runs every tick.

use bevy_ecs::prelude::*;
use parlour_recording::replay::{Replay, ReplayError, diff::diff, verify};
use parlour_shared::{ids::Tick, motion::Direction};
use parlour_sim::{Clock, Logic, MaySleep, SimulationApp, StepSet, TickSchedule};
use parlour_testing::{SessionActions as _, recording::ScriptedRecording};
use serde::{Deserialize, Serialize};

use crate::support::{TemporaryPath, maps, replay, ticks, whole, without_events};

/// Two players walk a little, three times in 2,000 ticks.
fn calm() -> ScriptedRecording {
    let mut script = without_events();
    script.at(5).open_as_and_join(1, "Ada", "east");
    script.at(9).open_as_and_join(2, "Bea", "east");
    for tick in [100, 700, 1450] {
        script.at(tick).walk(1, Direction::East);
        script.at(tick + 20).walk(1, Direction::Still);
    }
    script.at(1700).close(2);
    script
}

fn recorded(skips: bool) -> TemporaryPath {
    let script = ScriptedRecording { skips, ..calm() };
    TemporaryPath::file(&script.record(2000))
}

/// The hash of each tick of a window.
fn hashes(replay: &mut Replay, from: u32, to: u32) -> Vec<u64> {
    let mut run = replay.run_to(Tick(from - 1)).unwrap();
    let mut hashes = Vec::new();
    while run.next_up_to(Tick(to)).unwrap().is_some() {
        assert_eq!(run.output().hash, run.simulation().hash());
        assert_eq!(run.output().tick, run.simulation().tick());
        hashes.push(run.output().hash);
    }
    hashes
}

#[test]
fn a_replay_reaches_the_same_state_in_each_tick() {
    let (stepped, skipping) = (recorded(false), recorded(true));
    let (mut stepped, mut skipping) = (replay(&stepped), replay(&skipping));
    for (from, to) in [(1, 2000), (50, 60), (901, 950), (1333, 1801)] {
        let expected = hashes(&mut stepped, from, to);
        assert_eq!(expected.len() as u32, to + 1 - from);
        assert_eq!(hashes(&mut skipping, from, to), expected, "ticks {from} to {to}");
    }
}

#[test]
fn a_calm_recording_is_small() {
    let sizes = [false, true].map(|skips| ScriptedRecording { skips, ..calm() }.record(2000).len());
    assert!(sizes[1] * 2 < sizes[0], "{sizes:?}");
}

#[test]
fn a_recording_with_skipped_ticks_is_verified() {
    let file = recorded(true);
    let mut replay = replay(&file);
    let window = whole(&replay);
    let verified = verify(&mut replay, window, |_| {}).unwrap();
    assert_eq!((verified.ticks(), verified.saved_worlds), (2000, 6));
    let verified = verify(&mut replay, ticks(1000, 1010), |_| {}).unwrap();
    assert_eq!((verified.first, verified.last), (Tick(901), Tick(1010)));
}

#[test]
fn a_wrong_hash_after_skipped_ticks_is_a_difference() {
    // The world is quiet before tick 1450, so the last skipped tick is 1449.
    let script = ScriptedRecording {
        skips: true,
        wrong_hash: Some(1449),
        ..calm()
    };
    let file = TemporaryPath::file(&script.record(2000));
    let mut replay = replay(&file);
    let window = whole(&replay);
    let error = verify(&mut replay, window, |_| {}).unwrap_err();
    assert!(
        matches!(error, ReplayError::Diverged { tick: Tick(1449), .. }),
        "{error}"
    );
}

#[test]
fn recordings_that_differ_only_in_skipped_ticks_are_the_same() {
    let (stepped, skipping) = (recorded(false), recorded(true));
    let (mut stepped, mut skipping) = (replay(&stepped), replay(&skipping));
    let found = diff(&mut stepped, &mut skipping).unwrap();
    assert!(found.is_same(), "{found:?}");
    let found = diff(&mut skipping, &mut stepped).unwrap();
    assert!(found.is_same(), "{found:?}");
    let again = TemporaryPath::directory();
    let path = again.0.join("again.plr");
    skipping.record_again(&path, "test").unwrap();
    let mut again = Replay::open(&path, &maps(), Logic::default()).unwrap();
    assert!(diff(&mut skipping, &mut again).unwrap().is_same());
}

/// Counts seconds, which `sleeps_until` should say.
#[derive(Resource, Default, Serialize, Deserialize)]
struct Seconds(u32);

fn count(clock: Res<Clock>, mut seconds: ResMut<Seconds>) {
    if clock.tick.0.is_multiple_of(60) {
        seconds.0 += 1;
    }
}

#[test]
fn verifying_finds_game_logic_that_wrongly_says_that_it_sleeps() {
    let logic = Logic::new(|app| {
        app.init_resource::<Seconds>();
        app.state_resource::<Seconds>("seconds");
        app.add_systems(TickSchedule, count.in_set(StepSet::Simulate).in_set(MaySleep));
    });
    let script = ScriptedRecording {
        skips: true,
        logic: logic.clone(),
        ..without_events()
    };
    let file = TemporaryPath::file(&script.record(600));
    let mut replay = Replay::open(&file.0, &maps(), logic).unwrap();
    let window = whole(&replay);
    // The first world skips the same ticks as the recorded one.
    assert_eq!(replay.run_to(Tick(600)).unwrap().tick(), Tick(600));
    let error = verify(&mut replay, window, |_| {}).unwrap_err();
    match &error {
        ReplayError::NotQuiet { tick, parts } => {
            assert_eq!((tick.0 % 60, parts.as_slice()), (0, &["seconds".to_owned()][..]));
        }
        _ => panic!("{error}"),
    }
    assert!(error.is_divergence());
}
