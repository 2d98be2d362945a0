//! Makes recordings by running worlds: four players in one room, who walk about.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_recording::{
    Header,
    format::{EndReason, FileWriter, TicksBuilder, seal_keyframe},
    replay::{
        Replay,
        diff::{Difference, StateDifference, diff},
    },
};
use parlour_shared::{
    codec,
    ids::{SessionId, Tick},
    map::{Map, Spawn},
    message::{Body, ClientMessage, Custom, Join, Move},
    motion::{Direction, Position, WallGrid},
};
use parlour_sim::{Logic, Player, SIMULATION, SimConfig, Simulation, SimulationApp};
use parlour_tick::{Event, EventKind, TickInput, TickOutput};
use serde::{Deserialize, Serialize};

/// The tick at which most that is planted shows.
pub(crate) const AT: u32 = 150;
/// Ticks of a recording.
pub(crate) const TICKS: u32 = 200;
/// Ticks between two saved worlds.
pub(crate) const EVERY: u32 = 60;
/// The last saved world before [`AT`].
pub(crate) const SAVED: u32 = 120;
/// When the recordings say they were made, in milliseconds since 1970.
const STARTED: u64 = 1_790_000_000_000;

/// What a planted system writes.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Score(pub(crate) u64);

/// What players ask for in the tick [`AT`], all at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claim;

pub(crate) fn config() -> SimConfig {
    let map = Map {
        name: "square".into(),
        walls: WallGrid::new(60, 40, 16),
        spawns: vec![Spawn {
            name: "middle".into(),
            position: Position::from_px(400, 300),
        }],
        doors: Vec::new(),
    };
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.seed = 5;
    config
}

/// Game logic in which players have scores, and what is planted.
pub(crate) fn logic(plant: fn(&mut App)) -> Logic {
    Logic::new(move |app| {
        app.state_component::<Score>("score")
            .player_message::<Claim>("claim");
        app.world_mut().register_required_components::<Player, Score>();
        plant(app);
    })
}

/// What Ada, Bob, Cleo and Dan do.
pub(crate) fn script() -> Vec<TickInput> {
    (1..=TICKS).map(input).collect()
}

fn input(tick: u32) -> TickInput {
    let said = |session, message| event(session, EventKind::Message { early: 20, message });
    let mut events = Vec::new();
    for (session, name) in [(1, "Ada"), (2, "Bob"), (3, "Cleo"), (4, "Dan")] {
        let session_tick = tick + session as u32;
        if tick == 1 {
            let open = EventKind::Open {
                name: name.to_owned(),
            };
            let room = "square".to_owned();
            events.push(event(session, open));
            events.push(said(session, ClientMessage::Join(Join { request: 1, room })));
        } else if session_tick.is_multiple_of(20) {
            let step = Move {
                seq: 0,
                tick: Tick(0),
                direction: Direction::ALL[(session_tick / 20 % 8) as usize],
                sprint: false,
            };
            events.push(said(session, ClientMessage::Move(step)));
        }
        if tick == AT {
            let mut body = Vec::new();
            codec::encode(&Claim, &mut body);
            let claim = Custom {
                request: 9,
                name: "claim".to_owned(),
                body: Body(body),
            };
            events.push(said(session, ClientMessage::Custom(claim)));
        }
    }
    TickInput {
        events,
        ..TickInput::default()
    }
}

pub(crate) fn event(session: u64, kind: EventKind) -> Event {
    Event {
        session: SessionId(session),
        kind,
    }
}

/// A recording, and what is in it.
pub(crate) struct Selection {
    pub(crate) path: PathBuf,
    /// The hash after each tick, from the first.
    pub(crate) hashes: Vec<u64>,
    /// Saved worlds.
    pub(crate) saved: Vec<(u32, Vec<u8>)>,
    /// The world itself: another one cannot come to lie where it lies.
    _world: Simulation,
}

impl Drop for Selection {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Runs a fresh world through these inputs and records it.
pub(crate) fn record(name: &str, config: &SimConfig, logic: &Logic, inputs: &[TickInput]) -> Selection {
    let world = Simulation::with_plugins(config.clone(), logic.clone());
    take(name, config, world, inputs)
}

/// Loads a world that another recording saved, and records how it goes on from there.
pub(crate) fn record_on(name: &str, logic: &Logic, first: &Selection, from: u32) -> Selection {
    let (_, state) = first.saved.iter().find(|(tick, _)| *tick == from).unwrap();
    let world = Simulation::load(config(), logic.clone(), state).unwrap();
    take(name, &config(), world, &script())
}

fn take(name: &str, config: &SimConfig, mut world: Simulation, inputs: &[TickInput]) -> Selection {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("diff-{}-{name}", std::process::id()));
    let state: Vec<String> = world.part_names().map(String::from).collect();
    let mut builder = TicksBuilder::new(state.len());
    let header = Header::new(config, state, SIMULATION, STARTED);
    let mut writer = FileWriter::new(File::create(&path).unwrap(), &header).unwrap();
    let wall_ms = |tick: u32| STARTED + u64::from(tick) * 1000 / 60;
    let mut saved = Vec::new();
    let mut save = |world: &mut Simulation, writer: &mut FileWriter<File>| {
        let mut state = Vec::new();
        world.save(&mut state);
        for sealed in seal_keyframe(world.tick(), wall_ms(world.tick().0), &state).unwrap() {
            writer.chunk(&sealed).unwrap();
        }
        saved.push((world.tick().0, state));
    };
    if world.tick() > Tick(0) {
        save(&mut world, &mut writer);
    }
    let (mut hashes, mut output) = (Vec::new(), TickOutput::default());
    for input in &inputs[world.tick().0 as usize..] {
        // A tick that panics does not give back what it was lent.
        let mut lent = input.clone();
        let step = AssertUnwindSafe(|| world.step(&mut lent, &mut output));
        if catch_unwind(step).is_err() {
            let tick = world.tick();
            builder.push(tick, wall_ms(tick.0), None, input).unwrap();
            hashes.push(0);
            break;
        }
        let tick = output.tick;
        hashes.push(output.hash);
        let result = Some((output.hash, output.parts.as_slice()));
        builder.push(tick, wall_ms(tick.0), result, input).unwrap();
        let due = tick.0.is_multiple_of(EVERY);
        if builder.is_due() || due {
            writer.chunk(&builder.seal().unwrap()).unwrap();
        }
        if due {
            save(&mut world, &mut writer);
        }
    }
    if let Some(sealed) = builder.seal() {
        writer.chunk(&sealed).unwrap();
    }
    writer.end(EndReason::Stopped, "").unwrap();
    Selection {
        path,
        hashes,
        saved,
        _world: world,
    }
}

/// Two recordings of what is planted that differ: chance may need more than one try.
pub(crate) fn two_that_differ(name: &str, logic: &Logic) -> [Selection; 2] {
    let one = record(&format!("{name}-one"), &config(), logic, &script());
    for _ in 0..64 {
        let other = record(&format!("{name}-other"), &config(), logic, &script());
        if other.hashes != one.hashes {
            return [one, other];
        }
    }
    panic!("{name} does not show");
}

pub(crate) fn compare(config: &SimConfig, logic: &Logic, [one, other]: [&Selection; 2]) -> Difference {
    let open = |taken: &Selection| Replay::open(&taken.path, &config.maps, logic.clone()).unwrap();
    let found = diff(&mut open(one), &mut open(other)).unwrap();
    let report = found.to_string();
    assert!(report.lines().all(|line| !line.trim().is_empty()), "{report}");
    found
}

/// What differs, where the inputs do not.
pub(crate) fn state_difference(logic: &Logic, takes: &[Selection; 2]) -> StateDifference {
    match compare(&config(), logic, [&takes[0], &takes[1]]) {
        Difference::State(difference) => *difference,
        other => panic!("{other:?}"),
    }
}
