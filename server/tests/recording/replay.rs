//! A second implementation of replay: runs a recording in a world, and compares each hash and each
//! saved world.

use std::{io::Cursor, path::Path, sync::Arc};

use parlour_recording::{
    Header,
    format::{Ending, Item, Outcome, Recording},
};
use parlour_shared::map::Map;
use parlour_sim::{Logic, SIMULATION, Simulation};
use parlour_tick::TickOutput;

/// The contents of a recording that replayed to the same hashes.
#[derive(Debug)]
#[allow(dead_code)] // Not every test reads all fields.
pub(crate) struct Replayed {
    pub(crate) header: Header,
    pub(crate) ending: Ending,
    /// Whether it starts with a saved world.
    pub(crate) begins_saved: bool,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) ticks: u32,
    /// Those that were skipped.
    pub(crate) skipped: u32,
    pub(crate) keyframes: u32,
    pub(crate) events: usize,
    pub(crate) panicked: bool,
    /// The time of the last tick, in milliseconds since 1970.
    pub(crate) last_ms: u64,
}

pub(crate) fn replay_file(path: &Path, maps: &[Arc<Map>], logic: &Logic) -> Replayed {
    replay(std::fs::read(path).unwrap(), maps, logic)
}

pub(crate) fn replay(bytes: Vec<u8>, maps: &[Arc<Map>], logic: &Logic) -> Replayed {
    let mut recording = Recording::new(Cursor::new(bytes)).unwrap();
    let header = recording.header().clone();
    header.check_versions(SIMULATION).unwrap();
    let last = recording.last_tick().unwrap();
    let mut replayed = Replayed {
        ending: recording.ending().clone(),
        begins_saved: false,
        first: recording.first_tick().unwrap().0,
        last: last.0,
        ticks: 0,
        skipped: 0,
        keyframes: 0,
        events: 0,
        panicked: false,
        last_ms: recording.times().at(last),
        header,
    };
    let config = || replayed.header.sim_config(maps).unwrap();
    let mut world: Option<Simulation> = None;
    let mut output = TickOutput::default();
    let beginning = recording.beginning();
    for item in recording.read_from(beginning) {
        match item.unwrap() {
            Item::Keyframe { tick, state } => {
                replayed.keyframes += 1;
                if let Some(world) = &mut world {
                    let mut saved = Vec::new();
                    world.save(&mut saved);
                    assert!(saved == state, "the world saved after tick {} differs", tick.0);
                } else {
                    replayed.begins_saved = true;
                    world = Some(Simulation::load(config(), logic.clone(), &state).unwrap());
                }
            }
            Item::Tick(mut record) => {
                let world = world.get_or_insert_with(|| Simulation::with_plugins(config(), logic.clone()));
                assert_eq!(record.tick, world.tick().after(1), "no tick is missing");
                replayed.ticks += 1;
                replayed.events += record.input.events.len();
                match record.outcome {
                    Outcome::Panicked => replayed.panicked = true,
                    Outcome::Skipped { hash } => {
                        replayed.skipped += 1;
                        world.skip(1);
                        assert!(
                            hash.is_none_or(|hash| hash == world.hash()),
                            "tick {}",
                            record.tick.0
                        );
                    }
                    Outcome::Finished { hash, parts } => {
                        world.step(&mut record.input, &mut output);
                        assert_eq!(output.hash, hash, "tick {}", record.tick.0);
                        assert_eq!(output.parts, parts, "tick {}", record.tick.0);
                    }
                }
            }
        }
    }
    assert_eq!(replayed.ticks, replayed.last - replayed.first + 1);
    replayed
}
