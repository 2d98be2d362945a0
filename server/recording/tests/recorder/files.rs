//! Each world has its own files.

use std::fs;

use parlour_recording::{
    format::{EndReason, Ending, Recording},
    recorder::OpenWorldError,
    replay::{Replay, verify},
};
use parlour_shared::ids::Tick;
use parlour_sim::{Logic, Simulation};
use parlour_testing::{Crowd, recording::whole};
use parlour_tick::WorldId;

use crate::support::{KEYFRAMES, LiveWorld, Node, files, info, inputs, open};

#[test]
fn each_world_is_recorded_in_a_directory_with_its_name() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    let mut worlds: Vec<LiveWorld> = ["main", "tag.abc", "office-2"]
        .iter()
        .zip(0..)
        .map(|(name, id)| node.open(id, name, &config, &logic))
        .collect();
    let inputs: Vec<_> = (0..3).map(|seed| inputs(seed, 200)).collect();
    for tick in 0..200 {
        for (live, inputs) in worlds.iter_mut().zip(&inputs) {
            node.step(0, live, &inputs[tick]);
        }
    }
    let directory = node.stop();
    let mut keyframes = Vec::new();
    for (name, live) in ["main", "tag.abc", "office-2"].iter().zip(&worlds) {
        let files = files(&directory, name, ".plr");
        assert_eq!(files.len(), 1, "{files:?}");
        let recording = Recording::open(&files[0]).unwrap();
        assert_eq!(&recording.header().world, name);
        keyframes.push(recording.keyframes().next().unwrap().tick().0 % KEYFRAMES);
        let mut replay = Replay::open(&files[0], &config.maps, logic.clone()).unwrap();
        let window = whole(&replay);
        assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 200);
        let mut run = replay.run_to(Tick(200)).unwrap();
        assert_eq!(run.simulation().hash(), live.world.hash());
        assert!(run.next_up_to(Tick(200)).unwrap().is_none());
    }
    keyframes.sort_unstable();
    keyframes.dedup();
    assert_eq!(keyframes.len(), 3, "the worlds are saved in different ticks");
}

#[test]
fn a_closed_world_gives_its_name_to_the_next() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    let mut first = node.open(1, "tag", &config, &logic);
    for input in inputs(1, 30) {
        node.step(0, &mut first, &input);
    }
    let taken = open(&node.handle, info(2, "tag", &config, &logic)).unwrap_err();
    assert_eq!(taken, OpenWorldError::NameTaken("tag".to_owned()));
    node.handle.close(WorldId(1));
    let mut second = node.open(2, "tag", &config, &logic);
    for input in inputs(2, 40) {
        node.step(0, &mut second, &input);
    }
    let directory = node.stop();
    let mut ends: Vec<(u32, String)> = files(&directory, "tag", ".plr")
        .iter()
        .map(|path| {
            let recording = Recording::open(path).unwrap();
            let Ending::Ended { reason, text } = recording.ending() else {
                panic!("{:?}", recording.ending());
            };
            assert_eq!(*reason, EndReason::Stopped);
            assert_eq!(recording.header().previous, None);
            (recording.last_tick().unwrap().0, text.clone())
        })
        .collect();
    ends.sort();
    assert_eq!(ends, [(30, "the world ended".to_owned()), (40, String::new())]);
}

#[test]
fn a_name_that_leads_out_of_the_directory_is_refused() {
    let node = Node::start(|_| {});
    for name in ["", "..", "../other", "a/b", ".hidden", "Main"] {
        let refused = open(&node.handle, info(1, name, &Crowd::config(), &Logic::default()));
        assert_eq!(refused.unwrap_err(), OpenWorldError::BadName(name.to_owned()));
    }
    let directory = node.stop();
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 0);
}

#[test]
fn a_world_that_was_saved_elsewhere_is_recorded_from_there() {
    let (config, logic) = (Crowd::config(), Logic::default());
    let inputs = inputs(9, 150);
    let mut node = Node::start(|_| {});
    let mut live = node.open(1, "before", &config, &logic);
    for input in &inputs[..100] {
        node.step(0, &mut live, input);
    }
    let mut state = Vec::new();
    live.world.save(&mut state);
    node.handle.close(WorldId(1));
    let mut world = Simulation::load(config.clone(), logic.clone(), &state).unwrap();
    let ticks = node
        .handle
        .open(info(2, "after", &config, &logic), &mut world)
        .unwrap();
    let mut live = LiveWorld::new(world, ticks);
    for input in &inputs[100..] {
        node.step(0, &mut live, input);
    }
    let recovered = node.handle.recover(WorldId(2)).unwrap();
    assert_eq!(recovered.world.hash(), live.world.hash());
    let directory = node.stop();
    let recordings = files(&directory, "after", ".plr");
    let mut replay = Replay::open(&recordings[0], &config.maps, logic).unwrap();
    assert_eq!(replay.files().range(), Some((Tick(101), Tick(150))));
    let window = whole(&replay);
    assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 50);
}
