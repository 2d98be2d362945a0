//! A loaded world continues exactly like the world that was saved.
//!
//! Three worlds are saved every 23 ticks (with `PARLOUR_HEAVY=1`, every tick). Each saved state is
//! loaded and run for 600 ticks, and the hashes are compared with those of the original.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

#[allow(dead_code, reason = "the main function of the example is not used here")]
#[path = "../examples/mood.rs"]
mod mood;

use bevy_app::App;
use parlour_shared::{
    ids::Tick,
    message::{Move, MoveHeading},
    motion::Direction,
    rng::{Purpose, Stream},
};
use parlour_sim::{BRUTE_FORCE_UP_TO, LoadError, SavedPart, SavedState, SimConfig, Simulation};
use parlour_testing::{Crowd, Script, SessionActions as _, TestWorld, encoded, maps::connected_maps, plaza};
use parlour_tick::{TickInput, TickOutput};

/// Ticks for which a loaded world is compared.
const FURTHER: usize = 600;

type Logic = fn(&mut App);

/// Runs a world through its inputs, and again from each of its saved states.
fn check(config: &SimConfig, logic: Logic, inputs: &[TickInput]) {
    let heavy = std::env::var_os("PARLOUR_HEAVY").is_some();
    let every = if heavy { 1 } else { 23 };
    let mut sim = Simulation::with_plugins(config.clone(), logic);
    let mut output = TickOutput::default();
    let mut saved = Vec::new();
    let mut hashes = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        sim.step(&mut input.clone(), &mut output);
        hashes.push((output.hash, output.parts.clone()));
        if at % every == 0 && at + FURTHER < inputs.len() {
            let mut bytes = Vec::new();
            sim.save(&mut bytes);
            saved.push((at, bytes));
        }
    }
    assert!(saved.len() > 5);
    for (at, bytes) in saved {
        let mut loaded = Simulation::load(config.clone(), logic, &bytes).unwrap();
        assert_eq!(
            (loaded.tick(), loaded.hash()),
            (Tick(at as u32 + 1), hashes[at].0)
        );
        let mut again = Vec::new();
        loaded.save(&mut again);
        assert_eq!(
            again,
            bytes,
            "the loaded state saves to different bytes, tick {}",
            at + 1
        );
        for (input, expected) in inputs[at + 1..].iter().zip(&hashes[at + 1..]).take(FURTHER) {
            loaded.step(&mut input.clone(), &mut output);
            if (output.hash, &output.parts) != (expected.0, &expected.1) {
                let names: Vec<_> = loaded.part_names().collect();
                let differ = |tag: &usize| output.parts[*tag] != expected.1[*tag];
                let parts: Vec<_> = (0..names.len()).filter(differ).map(|tag| names[tag]).collect();
                panic!(
                    "saved after tick {}, differs after tick {} in {parts:?}",
                    at + 1,
                    output.tick.0
                );
            }
        }
    }
}

#[test]
fn a_loaded_world_with_rooms_doors_chat_and_state_continues_the_same() {
    let inputs: Vec<TickInput> = Crowd::new(99).take(900).collect();
    check(&Crowd::config(), |_| (), &inputs);
}

/// Players that walk, with commands for later ticks.
fn walkers(size: u64, ticks: u32) -> Script {
    let mut script = Script::default();
    for tick in 1..=ticks {
        let now = script.at(tick);
        for session in 0..size {
            let random = &mut Stream::new(session, tick.into(), Purpose::Game);
            if tick == 1 {
                now.open_as_and_join(session, "", "west");
            } else if random.below(30) == 0 {
                let command = Move {
                    seq: 0,
                    tick: Tick(tick + random.below(16)),
                    heading: MoveHeading::Keys {
                        direction: Direction::ALL[random.below(9) as usize],
                        sprint: random.below(2) == 0,
                    },
                };
                now.command(session, command);
            }
        }
    }
    script
}

#[test]
fn a_loaded_world_with_a_walking_crowd_continues_the_same() {
    let script = walkers(BRUTE_FORCE_UP_TO as u64 + 30, 800);
    check(&SimConfig::new(connected_maps()), |_| (), &script.inputs(800));
}

#[test]
fn a_loaded_world_in_which_most_players_rest_continues_the_same() {
    let size = BRUTE_FORCE_UP_TO as u64 + 30;
    let mut script = walkers(size, 120);
    // A few walk on among those that stopped.
    for tick in 121..=800 {
        let now = script.at(tick);
        for session in 0..size {
            let random = &mut Stream::new(session, tick.into(), Purpose::Game);
            let walks = session < 15;
            if tick == 130 || (walks && random.below(30) == 0) {
                let direction = match walks {
                    true => Direction::ALL[random.below(9) as usize],
                    false => Direction::Still,
                };
                now.walk(session, direction);
            }
        }
    }
    check(&SimConfig::new(connected_maps()), |_| (), &script.inputs(800));
}

#[test]
fn a_loaded_world_with_game_logic_continues_the_same() {
    let mut script = walkers(12, 800);
    for tick in 1..=800 {
        let random = &mut Stream::new(7, tick.into(), Purpose::Game);
        if random.below(10) == 0 {
            let mood = (random.below(4) > 0).then(|| random.below(12) as u8);
            let session = random.below(12).into();
            script
                .at(tick)
                .custom(session, "set_mood", &mood::SetMood { mood });
        }
    }
    script.at(301).close(5);
    check(
        &SimConfig::new(connected_maps()),
        |app| _ = app.add_plugins(mood::MoodPlugin),
        &script.inputs(800),
    );
}

fn saved() -> (SimConfig, Vec<u8>) {
    let config = plaza();
    let mut world = TestWorld::new(config.clone());
    (1..=3).for_each(|session| world.open_and_join(session, "plaza"));
    world.walk(1, Direction::East);
    world.ticks(9);
    (config, world.saved())
}

/// A keyframe may come from an untrusted source. If it is cut or changed at any byte, loading
/// refuses it or returns a usable world.
#[test]
fn a_saved_state_with_a_wrong_byte_never_panics() {
    let (config, bytes) = saved();
    for at in 0..bytes.len() {
        assert_eq!(
            SavedState::parse(&bytes[..at]),
            Err(LoadError::Layout),
            "cut at {at}"
        );
        for flip in [0x01, 0x10, 0x80, 0xFF] {
            let mut wrong = bytes.clone();
            wrong[at] ^= flip;
            if let Ok(mut loaded) = Simulation::load(config.clone(), (), &wrong) {
                loaded.step(&mut TickInput::default(), &mut TickOutput::default());
            }
        }
    }
}

#[test]
fn a_state_saved_with_different_game_logic_is_refused() {
    let (config, bytes) = saved();
    let other = Simulation::load(config.clone(), mood::MoodPlugin, &bytes);
    assert!(matches!(other, Err(LoadError::Hash { .. })), "{other:?}");
    let mut sim = Simulation::with_plugins(config.clone(), mood::MoodPlugin);
    sim.step(&mut TickInput::default(), &mut TickOutput::default());
    let mut bytes = Vec::new();
    sim.save(&mut bytes);
    assert!(Simulation::load(config, (), &bytes).is_err());
}

#[test]
fn a_state_saved_with_different_maps_is_refused() {
    let (_, bytes) = saved();
    let error = Simulation::load(SimConfig::new(connected_maps()), (), &bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "room of room #1: the value is invalid in this world"
    );
}

/// A tick that runs system by system has the same result as a normal step.
#[test]
fn a_traced_tick_has_the_same_output() {
    let mut plain = Simulation::new(Crowd::config());
    let mut traced = Simulation::new(Crowd::config());
    let (mut expected, mut output) = (TickOutput::default(), TickOutput::default());
    for (tick, mut input) in (1..=300).zip(Crowd::new(99)) {
        plain.step(&mut input, &mut expected);
        if tick % 3 == 0 {
            let mut tracing = traced.trace(&mut input, &mut output);
            let mut names = Vec::new();
            while let Some(name) = tracing.run_next() {
                names.push(name.to_owned());
            }
            drop(tracing);
            assert!(
                names.iter().any(|name| name.ends_with("movement::walk")),
                "{names:?}"
            );
        } else {
            traced.step(&mut input, &mut output);
        }
        assert_eq!(output, expected, "tick {tick}");
    }
}

/// Returns the saved bytes of a state, with an additional part at one of its entities.
fn with_part(state: &SavedState<'_>, entity: usize, tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&state.tick.0.to_le_bytes());
    out.extend_from_slice(&state.hash.to_le_bytes());
    out.extend_from_slice(&(state.entities.len() as u32).to_le_bytes());
    for (at, saved) in state.entities.iter().enumerate() {
        let mut parts = saved.parts.clone();
        if at == entity {
            parts.push(SavedPart { tag, bytes: value });
            parts.sort_by_key(|part| part.tag);
        }
        out.extend_from_slice(&saved.id.number().to_le_bytes());
        write_parts(&parts, &mut out);
    }
    write_parts(&state.resources, &mut out);
    out
}

fn write_parts(parts: &[SavedPart<'_>], out: &mut Vec<u8>) {
    out.push(parts.len() as u8);
    for part in parts {
        out.push(part.tag);
        out.extend_from_slice(&(part.bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(part.bytes);
    }
}

#[test]
fn a_forged_state_that_marks_a_player_or_room_as_closed_is_refused() {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.tick();
    let bytes = world.saved();
    let state = SavedState::parse(&bytes).unwrap();
    assert_eq!(state.entities.len(), 2, "a player and a room");
    let gone = world.sim.part_names().position(|name| name == "gone").unwrap();
    let when = encoded(&state.tick);
    for entity in 0..2 {
        let forged = with_part(&state, entity, gone as u8, &when);
        let loaded = Simulation::load(plaza(), (), &forged);
        assert!(
            matches!(loaded, Err(LoadError::Contradiction(_))),
            "{:?}",
            loaded.err()
        );
    }
}
