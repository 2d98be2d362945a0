//! A cache of answers is no part of the state: a loaded world, whose caches are empty, goes on with
//! the same hashes and sends the same messages.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::rng::Stream;
use parlour_sim::{
    AnswerCache, BoardRule, FromPlayer, InRoom, RoomEvent, RoomStates, Simulation, SimulationApp, StepSet,
    TickSchedule,
};
use parlour_testing::{Script, SessionActions as _, plaza};
use parlour_tick::{Lane, TickInput, TickOutput};
use serde::{Deserialize, Serialize};

/// A walk on a ring of cells with numbers. The board is the number of moves and the cells.
#[derive(Component, Serialize, Deserialize)]
struct Ring {
    moves: u32,
    cells: Vec<u8>,
}

struct Sums;

impl BoardRule for Sums {
    type Board = Ring;
    type Question = u8;
    type Answer = Vec<u32>;
    const KEY: &'static str = "ring";
    const MOST_ANSWERS: usize = 10;
    const AHEAD_PER_TICK: u32 = 3;

    fn answer(board: &Ring, from: &u8) -> Vec<u32> {
        let cells = board.cells.iter().cycle().skip(usize::from(*from));
        let sum = |sum: &mut u32, cell: &u8| {
            *sum += u32::from(*cell);
            Some(*sum)
        };
        cells.take(4).scan(board.moves, sum).collect()
    }

    fn likely(board: &Ring) -> impl Iterator<Item = u8> {
        0..board.cells.len() as u8
    }
}

fn ring(app: &mut App) {
    app.state_component::<Ring>("ring")
        .board_rule::<Sums>("sums")
        .player_message::<u8>("add");
    app.add_systems(TickSchedule, (begin, add).chain().in_set(StepSet::Simulate));
}

fn begin(mut events: MessageReader<RoomEvent>, mut states: RoomStates, mut commands: Commands) {
    for event in events.read() {
        if let RoomEvent::Created { room } = *event {
            states.set(room, "ring", "0").unwrap();
            let cells = vec![1; 8];
            commands.entity(room).insert(Ring { moves: 0, cells });
        }
    }
}

/// Changes the board by what the rule answers.
fn add(
    mut requests: MessageReader<FromPlayer<u8>>,
    players: Query<&InRoom>,
    mut boards: Query<(&mut Ring, &mut AnswerCache<Sums>)>,
    mut states: RoomStates,
) {
    for request in requests.read() {
        let Ok(in_room) = players.get(request.player) else {
            continue;
        };
        let (mut board, mut sums) = boards.get_mut(in_room.0).unwrap();
        let sum: u32 = sums.ask(&board, &request.message).iter().sum();
        board.moves += 1;
        let at = usize::from(request.message) % board.cells.len();
        board.cells[at] = (sum % 251) as u8;
        let text = board.moves.to_string();
        states.set(in_room.0, "ring", &text).unwrap();
    }
}

/// Six players in three rooms add and ask, with present and with old versions.
fn inputs() -> Vec<TickInput> {
    let write = |script: &mut Script, tick: u32, random: &mut Stream| {
        for session in 0..6 {
            let name = ["plaza", "plaza/b", "plaza/c"][session as usize % 3];
            if tick == 1 {
                script.open_and_join(session, name);
            } else if random.below(8) == 0 {
                script.custom(session, "add", &(random.below(10) as u8));
            } else if random.below(3) == 0 {
                let version = (tick / 4).saturating_sub(random.below(3));
                script.custom(session, "sums", &(version, random.below(10) as u8));
            }
        }
    };
    Script::random(11, TICKS, write).inputs(TICKS)
}

const TICKS: u32 = 90;

/// What can be observed of a tick: all but the snapshots, which a loaded world begins in full, and
/// the counts of the caches.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    hash: u64,
    parts: Vec<u16>,
    /// The reliable frames: the session and the message.
    frames: Vec<(u64, Vec<u8>)>,
}

fn seen(output: &TickOutput) -> Seen {
    let reliable = output.frames.iter().filter(|frame| frame.lane == Lane::Reliable);
    let frames = reliable.map(|frame| (frame.session.0, output.payload(frame).to_vec()));
    Seen {
        hash: output.hash,
        parts: output.parts.clone(),
        frames: frames.collect(),
    }
}

#[test]
fn a_world_that_is_loaded_at_any_tick_continues_with_the_same_hashes_and_messages() {
    let inputs = inputs();
    let mut sim = Simulation::with_plugins(plaza(), ring);
    let mut output = TickOutput::default();
    let (mut expected, mut saved) = (Vec::new(), Vec::new());
    let (mut kept, mut computed) = (0, 0);
    for input in &inputs {
        sim.step(&mut input.clone(), &mut output);
        kept += output.counts.answers_kept;
        computed += output.counts.answers_computed;
        expected.push(seen(&output));
        let mut bytes = Vec::new();
        sim.save(&mut bytes);
        saved.push(bytes);
    }
    assert!(kept > 20 && computed > 20, "{kept} kept, {computed} computed");
    for (at, bytes) in saved.iter().enumerate() {
        let mut loaded = Simulation::load(plaza(), ring, bytes).unwrap();
        let mut again = Vec::new();
        loaded.save(&mut again);
        assert_eq!(again, *bytes, "saved after tick {}", at + 1);
        for (input, expected) in inputs.iter().zip(&expected).skip(at + 1).take(25) {
            loaded.step(&mut input.clone(), &mut output);
            assert_eq!(seen(&output), *expected, "saved after tick {}", at + 1);
        }
    }
}

#[test]
fn the_order_of_systems_does_not_matter() {
    let run = |seed: Option<u64>| {
        let mut sim = Simulation::with_plugins(plaza(), ring);
        if let Some(seed) = seed {
            sim.shuffle_schedule(seed);
        }
        let mut output = TickOutput::default();
        for input in inputs() {
            sim.step(&mut input.clone(), &mut output);
        }
        output.hash
    };
    let expected = run(None);
    assert!((0..4).all(|seed| run(Some(seed)) == expected));
}
