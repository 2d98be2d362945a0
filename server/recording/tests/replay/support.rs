//! Recordings of two small maps.

use std::{io::Cursor, sync::Arc};

use parlour_recording::{format::Recording, replay::Replay};
use parlour_shared::{map::Map, message::Scope, motion::Direction};
use parlour_sim::{Logic, SimConfig};
use parlour_testing::{SessionActions as _, maps::connected_maps, recording::ScriptedRecording};

pub(crate) use parlour_testing::recording::{STARTED_MS, TemporaryPath, ticks, whole};

pub(crate) fn maps() -> Vec<Arc<Map>> {
    connected_maps()
}

pub(crate) fn config() -> SimConfig {
    let mut config = SimConfig::new(maps());
    config.seed = 244;
    config
}

/// Returns a recording without events.
pub(crate) fn without_events() -> ScriptedRecording {
    ScriptedRecording::new(config())
}

/// Four players walk and talk in two rooms for 900 ticks.
pub(crate) fn walkers() -> ScriptedRecording {
    let mut script = without_events();
    for session in 1..=4 {
        let first = 10 * session as u32;
        let room = ["east", "west"][session as usize % 2];
        script
            .at(first)
            .open_as_and_join(session, &format!("Player {session}"), room);
        for (nth, tick) in (first + 20..900).step_by(30).enumerate() {
            let direction = Direction::ALL[(nth + session as usize) % Direction::ALL.len()];
            script.at(tick).walk(session, direction);
            script
                .at(tick)
                .chat(session, Scope::Room, &format!("it is tick {tick}"));
        }
    }
    script
}

/// Opens a recording.
pub(crate) fn replay(file: &TemporaryPath) -> Replay {
    Replay::open(&file.0, &maps(), Logic::default()).unwrap()
}

/// Opens a recording in memory.
pub(crate) fn recording(bytes: &[u8]) -> Recording<Cursor<Vec<u8>>> {
    Recording::new(Cursor::new(bytes.to_vec())).unwrap()
}
