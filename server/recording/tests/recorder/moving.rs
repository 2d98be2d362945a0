//! A world that moves from one tick thread to another is recorded without a gap.

use std::{sync::mpsc::sync_channel, thread};

use parlour_recording::replay::{Replay, verify};
use parlour_sim::Logic;
use parlour_testing::{Crowd, recording::whole};

use crate::support::{Node, files, info, inputs, open};

#[test]
fn a_world_on_two_threads_in_turn_has_one_recording() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    let inputs = inputs(4, 400);
    let mut live = node.open(1, "main", &config, &logic);
    for (nth, input) in inputs.iter().enumerate() {
        node.step(nth / 3 % 2, &mut live, input);
    }
    let directory = node.stop();
    let recordings = files(&directory, "main", ".plr");
    assert_eq!(recordings.len(), 1);
    let mut replay = Replay::open(&recordings[0], &config.maps, logic).unwrap();
    let window = whole(&replay);
    assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 400);
}

/// Worlds can be opened and closed from any thread while others run.
#[test]
fn worlds_come_and_go_while_another_runs() {
    let mut node = Node::start(|_| {});
    let (config, logic) = (Crowd::config(), Logic::default());
    let mut main = node.open(0, "main", &config, &logic);
    let (handle, empty) = (node.handle.clone(), config.clone());
    let (sender, opened) = sync_channel(1);
    let opener = thread::spawn(move || {
        for id in 1..=50 {
            let info = info(id, &format!("own.{id}"), &empty, &Logic::default());
            sender.send(open(&handle, info).unwrap()).unwrap();
        }
    });
    let inputs = inputs(5, 50);
    for input in &inputs {
        node.step(0, &mut main, input);
        let mut own = opened.recv().unwrap();
        for input in &inputs[..5] {
            node.step(1, &mut own, input);
        }
        node.handle.close(own.ticks.world());
    }
    opener.join().unwrap();
    let directory = node.stop();
    for id in 1..=50 {
        let recordings = files(&directory, &format!("own.{id}"), ".plr");
        assert_eq!(recordings.len(), 1, "own.{id}");
        let mut replay = Replay::open(&recordings[0], &config.maps, logic.clone()).unwrap();
        let window = whole(&replay);
        assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 5);
    }
    assert_eq!(files(&directory, "main", ".plr").len(), 1);
}
