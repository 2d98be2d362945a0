//! Histories of one world, or of all.

use std::sync::mpsc::sync_channel;

use parlour_recording::{
    recorder::{HistoryAnswer, HistoryError, HistoryHandle, SavedHistory},
    replay::{Replay, verify},
};
use parlour_sim::Logic;
use parlour_testing::{Crowd, TemporaryPath, recording::whole};
use parlour_tick::WorldId;

use crate::support::{LiveWorld, Node, files, inputs};

fn answered(
    request: impl FnOnce(HistoryAnswer) -> Result<(), HistoryError>,
) -> Result<Vec<SavedHistory>, HistoryError> {
    let (sender, answer) = sync_channel(1);
    request(Box::new(move |saved| drop(sender.send(saved))))?;
    answer.recv().unwrap()
}

fn write(history: &HistoryHandle, world: Option<WorldId>) -> Result<Vec<SavedHistory>, HistoryError> {
    answered(|answer| history.write(world, Some(answer)))
}

/// A node whose worlds `main` and `tag` have run for 100 ticks, and `new` for none.
fn node() -> (Node, [LiveWorld; 2]) {
    let mut node = Node::start(|options| options.history_directory = options.directory.take());
    let (config, logic) = (Crowd::config(), Logic::default());
    let mut worlds = [
        node.open(1, "main", &config, &logic),
        node.open(2, "tag", &config, &logic),
    ];
    node.open(3, "new", &config, &logic);
    for input in inputs(1, 100) {
        for live in &mut worlds {
            node.step(0, live, &input);
        }
    }
    (node, worlds)
}

#[test]
fn the_history_of_one_world_is_written() {
    let (node, _worlds) = node();
    let main = node.history.world_named("main").unwrap();
    let written = write(&node.history, Some(main)).unwrap();
    assert_eq!(written.len(), 1);
    assert_eq!((written[0].world.as_str(), written[0].last_tick), ("main", 100));
    assert!(written[0].path.contains("/main/") && written[0].path.ends_with("-asked.plr"));
    assert_eq!(files(&node.directory, "main", "-asked.plr").len(), 1);
    assert_eq!(files(&node.directory, "tag", ".plr").len(), 0);
    assert_eq!(
        write(&node.history, Some(main)).unwrap_err(),
        HistoryError::TooSoon
    );
    let new = node.history.world_named("new").unwrap();
    assert_eq!(write(&node.history, Some(new)).unwrap_err(), HistoryError::Empty);
    assert_eq!(node.history.world_named("other"), Err(HistoryError::NoWorld));
}

#[test]
fn the_histories_of_all_worlds_are_written() {
    let (node, _worlds) = node();
    let written = write(&node.history, None).unwrap();
    let names: Vec<&str> = written.iter().map(|saved| saved.world.as_str()).collect();
    assert_eq!(names, ["main", "tag"], "the new world has no ticks");
    for world in ["main", "tag"] {
        let paths = files(&node.directory, world, "-asked.plr");
        let mut replay = Replay::open(&paths[0], &Crowd::config().maps, Logic::default()).unwrap();
        assert_eq!(replay.files().header().world, world);
        let window = whole(&replay);
        assert_eq!(verify(&mut replay, window, |_| {}).unwrap().hashes(), 100);
    }
}

#[test]
fn a_download_contains_the_history_of_its_world() {
    let (node, _worlds) = node();
    let tag = node.history.world_named("tag").unwrap();
    let mut saved = answered(|answer| node.history.download(tag, answer)).unwrap();
    let saved = saved.pop().unwrap();
    assert!(saved.path.starts_with("history-tag-"), "{}", saved.path);
    let file = TemporaryPath::file(&saved.body);
    let replay = Replay::open(&file.0, &Crowd::config().maps, Logic::default()).unwrap();
    assert_eq!(replay.files().header().world, "tag");
    let other = answered(|answer| node.history.download(WorldId(9), answer));
    assert_eq!(other.unwrap_err(), HistoryError::NoWorld);
}
