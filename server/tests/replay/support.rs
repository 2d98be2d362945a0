//! Recordings of the bundled maps, and the command that replays them.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use parlour::maps;
use parlour_recording::replay::Replay;
use parlour_shared::{map::Map, message::Scope, motion::Direction};
use parlour_sim::{Logic, SimConfig};
use parlour_testing::SessionActions as _;

pub(crate) use parlour_testing::recording::{STARTED_MS, ScriptedRecording, TemporaryPath, ticks, whole};

/// Returns a recording without events.
pub(crate) fn without_events() -> ScriptedRecording {
    ScriptedRecording::new(config())
}

pub(crate) fn bundled() -> Vec<Arc<Map>> {
    maps::load(None).unwrap()
}

pub(crate) fn config() -> SimConfig {
    let mut config = SimConfig::new(bundled());
    // With this seed, Ada starts near the door to the garden, and Bob near Ada.
    config.seed = 547;
    config.rules.near_px = 250;
    config.skins = vec!["red".into(), "blue".into(), "green".into()];
    config
}

/// Ada and Bob meet in a lobby, near a door. In 900 ticks, everything that a replay reports
/// happens.
pub(crate) fn story() -> ScriptedRecording {
    let mut script = without_events();
    script.at(10).open_as_and_join(1, "Ada", "lobby/3");
    script.at(30).open_as_and_join(2, "Bob", "lobby/3");
    script.at(40).open_as_and_join(3, "Cleo", "plaza");
    script.at(60).walk(1, Direction::North);
    script.at(80).walk(1, Direction::Still);
    script.at(90).chat(1, Scope::Room, "hello\nall");
    script.at(120).chat(2, Scope::Near, "hi Ada");
    script.at(130).skin(1, 2);
    script.at(140).write(2, "door", 0, Some("open\u{1b}[0m"));
    script.at(150).write(1, "door", 0, Some("shut"));
    script.at(160).walk(2, Direction::Southwest);
    script.at(190).skin(2, 1);
    script.at(200).hold(1);
    script.at(290).release(1);
    for _ in 0..12 {
        script.at(330).chat(2, Scope::Room, "spam");
    }
    script.at(340).chat(1, Scope::Room, "");
    script.at(400).walk(1, Direction::East);
    script.at(460).walk(1, Direction::North);
    script.at(520).join(1, "plaza/3");
    script.at(560).chat(1, Scope::Room, "alone");
    script.at(600).leave(1);
    script.at(620).join(1, "plaza");
    script.at(640).walk(1, Direction::South);
    script.at(800).close(1);
    script
}

/// Opens a recording.
pub(crate) fn replay(file: &TemporaryPath) -> Replay {
    Replay::open(&file.0, &bundled(), Logic::default()).unwrap()
}

/// Runs `parlour replay` with these arguments. Returns the exit code, standard output and standard
/// error.
pub(crate) fn parlour(words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlour"));
    command.env_clear().arg("replay").args(words).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
