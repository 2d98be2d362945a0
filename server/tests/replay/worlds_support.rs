//! The recordings of a node: two worlds between which players travel.

use std::fs;

use parlour_shared::message::Scope;
use parlour_testing::SessionActions as _;

use crate::support::{STARTED_MS, ScriptedRecording, TemporaryPath, without_events};

/// Writes a directory with one directory per world, each with one recording.
pub(crate) fn node(worlds: &[(&str, Vec<u8>)]) -> TemporaryPath {
    let directory = TemporaryPath::directory();
    for (name, bytes) in worlds {
        add(&directory, name, "a.plr", bytes);
    }
    directory
}

/// Adds a recording to a world.
pub(crate) fn add(directory: &TemporaryPath, world: &str, file: &str, bytes: &[u8]) {
    let path = directory.0.join(world);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join(file), bytes).unwrap();
}

/// Returns a recording without events that starts this long after 14:03.
pub(crate) fn starting_after(milliseconds: u64) -> ScriptedRecording {
    let mut script = without_events();
    script.started_ms = STARTED_MS + milliseconds;
    script
}

/// `main` starts at 14:03:00. Ada and Bob meet in it; Ada leaves at 14:03:02 and comes back at
/// 14:03:05.
pub(crate) fn main_world() -> ScriptedRecording {
    let mut script = starting_after(0);
    script.at(10).open_as_and_join(1, "Ada", "lobby/3");
    script.at(30).open_as_and_join(2, "Bob", "lobby/3");
    script.at(90).chat(1, Scope::Room, "I go to the garden");
    script.at(121).close(1);
    script.at(200).chat(2, Scope::Room, "alone");
    script.at(302).open_as_and_join(1, "Ada", "plaza");
    script.at(400).chat(1, Scope::Room, "back");
    script
}

/// `garden.3` starts one second later, so its ticks have other numbers. Cleo is in it when Ada
/// arrives.
pub(crate) fn garden_world() -> ScriptedRecording {
    let mut script = starting_after(1000);
    script.at(10).open_as_and_join(3, "Cleo", "garden/3");
    script.at(62).open_as_and_join(1, "Ada", "garden/3");
    script.at(100).chat(3, Scope::Room, "hello Ada");
    script.at(150).chat(1, Scope::Room, "I will not stay");
    script.at(240).close(1);
    script
}

/// Both worlds, for ten and eight seconds.
pub(crate) fn travels() -> TemporaryPath {
    node(&[
        ("main", main_world().record(600)),
        ("garden.3", garden_world().record(480)),
    ])
}
