//! A world that panics is rebuilt as it was after its last finished tick.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bevy_ecs::prelude::*;
use parlour_recording::{
    format::{EndReason, Ending, Item, Outcome, Recording},
    recorder::RecoverError,
    replay::{Replay, verify},
};
use parlour_shared::ids::Tick;
use parlour_sim::{Clock, Logic, Simulation, SimulationApp as _, StepSet, TickSchedule};
use parlour_testing::{Crowd, recording::whole};
use parlour_tick::{TickInput, TickOutput, WorldId};
use serde::{Deserialize, Serialize};

use crate::support::{Bomb, KEYFRAMES, LiveWorld, Node, files, inputs};

/// Runs a world that panics in a tick, recovers it, and goes on with the next inputs. Compares each
/// hash with that of a world which never panicked and never got the inputs of that tick.
fn panics_in(node: &mut Node, fatal: u32) {
    let inputs = inputs(u64::from(fatal), fatal as usize + 150);
    let bomb = Bomb::default();
    let (config, logic) = (Crowd::config(), bomb.logic());
    let mut live = node.open(fatal, &format!("w{fatal}"), &config, &logic);
    let (mut oracle, mut output) = (Simulation::with_plugins(config, logic), TickOutput::default());
    let (before, after) = (&inputs[..fatal as usize - 1], &inputs[fatal as usize..]);
    for input in before {
        let hash = node.step(0, &mut live, input);
        oracle.step(&mut input.clone(), &mut output);
        assert_eq!(hash, Some(output.hash));
    }
    bomb.set(fatal);
    assert_eq!(node.step(0, &mut live, &inputs[fatal as usize - 1]), None);
    bomb.set(0);

    let recovered = node.handle.recover(WorldId(fatal)).unwrap();
    assert_eq!(recovered.diverged, None);
    assert_eq!(recovered.ticks.world(), WorldId(fatal));
    let mut live = LiveWorld::new(recovered.world, recovered.ticks);
    assert_eq!(
        (live.world.tick(), live.world.hash()),
        (Tick(fatal - 1), oracle.hash())
    );
    for input in after {
        let hash = node.step(1, &mut live, input);
        oracle.step(&mut input.clone(), &mut output);
        assert_eq!(hash, Some(output.hash), "tick {}", output.tick.0);
    }
}

#[test]
fn a_recovered_world_goes_on_as_one_that_never_panicked() {
    let mut node = Node::start(|_| {});
    // The first tick of all; before the first saved world; in, before and after a tick in which it
    // is saved; much later.
    let next = KEYFRAMES + 1;
    for fatal in [
        1,
        2,
        31,
        KEYFRAMES - 1,
        KEYFRAMES,
        next,
        next + 1,
        5 * KEYFRAMES + 17,
    ] {
        panics_in(&mut node, fatal);
    }
}

#[test]
fn recovery_needs_neither_histories_nor_recordings() {
    let mut node = Node::start(|options| {
        options.history_directory = options.directory.take();
        options.history = Duration::ZERO;
    });
    panics_in(&mut node, 40);
    panics_in(&mut node, 3 * KEYFRAMES + 20);
    // Only the panics have left a file, each in the directory of its world.
    let directory = node.stop();
    let worlds = directory.entries().into_iter();
    let files: Vec<_> = worlds
        .flat_map(|world| std::fs::read_dir(world).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    let is_panic = |file: &std::path::PathBuf| file.to_str().unwrap().ends_with("-panic.plr");
    assert!(files.len() == 2 && files.iter().all(is_panic), "{files:?}");
}

/// Players are sent a full snapshot after a recovery, whatever they were sent before.
#[test]
fn a_recovered_world_sends_full_snapshots() {
    use parlour_shared::motion::Direction;
    use parlour_testing::{SessionActions as _, plaza};

    let bomb = Bomb::default();
    let mut node = Node::start(|_| {});
    let mut live = node.open(0, "main", &plaza(), &bomb.logic());
    let mut start = TickInput::default();
    start.open_and_join(1, "plaza");
    start.open_and_join(2, "plaza");
    start.sort();
    node.step(0, &mut live, &start);
    let quiet = TickInput::default();
    for _ in 0..10 {
        node.step(0, &mut live, &quiet);
    }
    let idle = live.output.bytes.len();
    bomb.set(12);
    let mut fatal = TickInput::default();
    fatal.walk(1, Direction::East);
    assert_eq!(node.step(0, &mut live, &fatal), None);
    bomb.set(0);
    let recovered = node.handle.recover(WorldId(0)).unwrap();
    let mut live = LiveWorld::new(recovered.world, recovered.ticks);
    node.step(0, &mut live, &quiet);
    let receivers: Vec<u64> = live.output.frames.iter().map(|frame| frame.session.0).collect();
    assert_eq!(receivers, [1, 2]);
    assert!(
        live.output.bytes.len() > idle + 20,
        "{} bytes",
        live.output.bytes.len()
    );
}

#[test]
fn the_recording_ends_with_the_tick_that_panicked_and_a_new_file_continues_it() {
    let bomb = Bomb::default();
    let (config, logic) = (Crowd::config(), bomb.logic());
    let mut node = Node::start(|_| {});
    let mut live = node.open(0, "main", &config, &logic);
    let mut other = node.open(1, "other", &config, &logic);
    let inputs = inputs(3, 200);
    let mut hashes = Vec::new();
    for (tick, input) in (1..).zip(&inputs) {
        // Twice, at ticks that are close to each other.
        let is_fatal = [130, 140].contains(&tick);
        if is_fatal {
            bomb.set(live.world.tick().0 + 1);
        }
        match node.step(0, &mut live, input) {
            Some(hash) => hashes.push(hash),
            None => {
                bomb.set(0);
                let recovered = node.handle.recover(WorldId(0)).unwrap();
                live = LiveWorld::new(recovered.world, recovered.ticks);
            }
        }
        assert_eq!(bomb.0.load(Ordering::Relaxed), 0);
        assert!(node.step(0, &mut other, input).is_some());
    }
    let directory = node.stop();

    let recordings: Vec<_> = files(&directory, "main", ".plr");
    let panics = files(&directory, "main", "-panic.plr");
    let recordings: Vec<_> = recordings
        .into_iter()
        .filter(|path| !panics.contains(path))
        .collect();
    assert_eq!(
        (recordings.len(), panics.len()),
        (3, 2),
        "{recordings:?} {panics:?}"
    );
    let mut previous = None;
    let mut finished = Vec::new();
    for (nth, (path, last)) in recordings.iter().zip([130, 139, 198]).enumerate() {
        let mut recording = Recording::open(path).unwrap();
        assert_eq!(recording.header().previous, previous, "{path:?}");
        assert_eq!(recording.last_tick(), Some(Tick(last)));
        let Ending::Ended { reason, text } = recording.ending().clone() else {
            panic!("{:?}", recording.ending());
        };
        let expected = if nth < 2 {
            EndReason::Panicked
        } else {
            EndReason::Stopped
        };
        assert_eq!(
            (reason, text.contains(&format!("tick {last} "))),
            (expected, nth < 2)
        );
        let beginning = recording.beginning();
        for item in recording.read_from(beginning) {
            if let Item::Tick(record) = item.unwrap() {
                match record.outcome {
                    Outcome::Finished { hash, .. } => finished.push(hash),
                    Outcome::Skipped { .. } => panic!("no tick was skipped"),
                    // The input of the tick that panicked is recorded.
                    Outcome::Panicked => assert_eq!(record.input, inputs[[129, 139][nth]]),
                }
            }
        }
        previous = Some(parlour_recording::Previous {
            file: path.file_name().unwrap().to_str().unwrap().to_owned(),
            chain: recording.chain().unwrap(),
        });
    }
    assert_eq!(finished, hashes);
    // The last file can be replayed alone.
    let mut replay = Replay::open(&recordings[2], &config.maps, logic.clone()).unwrap();
    let window = whole(&replay);
    assert!(verify(&mut replay, window, |_| {}).unwrap().hashes() > 50);
    // The other world did not notice.
    let others = files(&directory, "other", ".plr");
    assert_eq!(others.len(), 1);
    let mut replay = Replay::open(&others[0], &config.maps, logic).unwrap();
    let window = whole(&replay);
    assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 200);
}

#[test]
fn a_world_that_did_not_panic_can_be_made_again() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    let mut live = node.open(0, "main", &config, &logic);
    for input in inputs(1, 100) {
        node.step(0, &mut live, &input);
    }
    let hash = live.world.hash();
    drop(live);
    let recovered = node.handle.recover(WorldId(0)).unwrap();
    assert_eq!(
        (recovered.world.tick(), recovered.world.hash()),
        (Tick(100), hash)
    );
    let mut live = LiveWorld::new(recovered.world, recovered.ticks);
    node.step(0, &mut live, &TickInput::default());
    let directory = node.stop();
    let recordings = files(&directory, "main", ".plr");
    assert_eq!(recordings.len(), 1, "the same file goes on");
    let mut replay = Replay::open(&recordings[0], &config.maps, logic).unwrap();
    let window = whole(&replay);
    assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 101);
}

#[test]
fn what_cannot_be_recovered_says_why() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    assert!(matches!(
        node.handle.recover(WorldId(7)),
        Err(RecoverError::NoWorld(WorldId(7)))
    ));
    let live = node.open(7, "w7", &config, &logic);
    let error = node.handle.recover(WorldId(7)).unwrap_err();
    assert!(matches!(error, RecoverError::NothingSaved), "{error}");
    drop(live);
    // It is not in memory either if the memory is too small.
    let mut node_without = Node::start(|options| options.recovery_bytes = 100);
    let mut live = node_without.open(0, "main", &config, &logic);
    for input in inputs(1, 100) {
        node_without.step(0, &mut live, &input);
    }
    let error = node_without.handle.recover(WorldId(0)).unwrap_err();
    assert!(matches!(error, RecoverError::NothingSaved), "{error}");

    // Game logic that panics in the second run only.
    let runs = Arc::new(AtomicU32::new(0));
    let logic = in_second_run(&runs, |_, is_second, tick| {
        assert!(!(is_second && tick == 50), "planted")
    });
    let mut live = node.open(8, "w8", &config, &logic);
    for input in inputs(1, 55) {
        node.step(0, &mut live, &input);
    }
    let error = node.handle.recover(WorldId(8)).unwrap_err();
    let RecoverError::Panicked { tick, message } = error else {
        panic!("{error}");
    };
    assert_eq!((tick, message.as_str()), (Tick(50), "planted"));

    // A recorder that has stopped does not answer.
    let handle = node.handle.clone();
    node.stop();
    assert!(matches!(handle.recover(WorldId(8)), Err(RecoverError::Gone)));
}

#[test]
fn a_difference_is_reported_and_the_world_goes_on() {
    let mut node = Node::start(|_| {});
    let runs = Arc::new(AtomicU32::new(0));
    let logic = in_second_run(&runs, |score, is_second, tick| {
        score.0 += u64::from(is_second && tick == 50)
    });
    let mut live = node.open(0, "main", &Crowd::config(), &logic);
    for input in inputs(1, 55) {
        node.step(0, &mut live, &input);
    }
    let recovered = node.handle.recover(WorldId(0)).unwrap();
    assert_eq!(
        (recovered.diverged, recovered.world.tick()),
        (Some(Tick(50)), Tick(55))
    );
}

/// A counter that is part of the state.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
struct Score(u64);

/// Returns game logic that calls `act` in each tick with whether this is not the first world.
fn in_second_run(runs: &Arc<AtomicU32>, act: fn(&mut Score, bool, u32)) -> Logic {
    let runs = Arc::clone(runs);
    Logic::new(move |app| {
        let is_second = runs.fetch_add(1, Ordering::Relaxed) > 0;
        app.init_resource::<Score>().state_resource::<Score>("score");
        let system =
            move |mut score: ResMut<Score>, clock: Res<Clock>| act(&mut score, is_second, clock.tick.0);
        app.add_systems(TickSchedule, system.in_set(StepSet::Simulate));
    })
}

/// Runs an idle world up to a tick, as a tick thread does: quiet ticks are skipped.
fn idle(node: &mut Node, live: &mut LiveWorld, end: u32) {
    while live.world.tick() < Tick(end) {
        let now = live.world.tick();
        let most = live.ticks.until_saved(now).min(30).min(end - now.0);
        let quiet = live.world.quiet_ticks().min(most);
        if quiet == 0 {
            node.step(0, live, &TickInput::default());
        } else {
            live.world.skip(quiet);
            node.senders[0].send_skipped(&mut live.ticks, &mut live.world, quiet);
            node.senders[0].flush();
        }
    }
}

#[test]
fn skipped_ticks_are_recorded_and_recovered() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    let mut live = node.open(3, "quiet", &config, &logic);
    idle(&mut node, &mut live, 500);
    let (mut oracle, mut output) = (
        Simulation::with_plugins(config.clone(), logic.clone()),
        TickOutput::default(),
    );
    for _ in 0..500 {
        oracle.step(&mut TickInput::default(), &mut output);
    }
    assert_eq!(live.world.hash(), output.hash);

    let recovered = node.handle.recover(WorldId(3)).unwrap();
    assert_eq!(recovered.diverged, None);
    let mut live = LiveWorld::new(recovered.world, recovered.ticks);
    for input in inputs(1, 60) {
        let hash = node.step(0, &mut live, &input);
        oracle.step(&mut input.clone(), &mut output);
        assert_eq!(hash, Some(output.hash), "tick {}", output.tick.0);
    }

    let directory = node.stop();
    let [file] = &files(&directory, "quiet", ".plr")[..] else {
        panic!("one file");
    };
    let mut replay = Replay::open(file, &config.maps, logic).unwrap();
    let window = whole(&replay);
    assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 560);
    let run = replay.run_to(Tick(560)).unwrap();
    assert_eq!(run.simulation().hash(), output.hash);
    let mut recording = Recording::open(file).unwrap();
    assert!(recording.keyframes().count() >= 560 / KEYFRAMES as usize);
    let beginning = recording.beginning();
    let items = recording.read_from(beginning).map(Result::unwrap);
    let is_skipped =
        |item: &Item| matches!(item, Item::Tick(tick) if matches!(tick.outcome, Outcome::Skipped { .. }));
    assert!(items.filter(is_skipped).count() > 480);
}
