//! What looking at who is near whom costs in a world that walks: the set `Interest` of real ticks,
//! as JSON lines.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]

use std::{sync::Arc, time::Instant};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::SessionId,
    map::{Map, Spawn},
    message::{ClientMessage, Join, Move},
    motion::{Direction, Position as Place, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    CurrentPosition, Rooms, Seats, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule,
};
use parlour_tick::{Event, EventKind, TickInput, TickOutput};
use serde_json::json;

/// Ten seconds of ticks in each run, after two in which buffers get their size.
const TICKS: usize = 600;
const WARM_UP: usize = 120;
const RUNS: usize = 3;
/// Half the width of a body, in pixels: no spawn point is nearer to the edge.
const EDGE: u32 = 8;
const TILE: u32 = 16;

/// A world of rooms with players spread over squares.
struct Scene {
    what: &'static str,
    rooms: u32,
    per_room: u32,
    /// Tiles of 16 px along each side of a room.
    tiles: u16,
}

const SCENES: [Scene; 4] = [
    // 5,952 px: each has about 20 others within 150 px.
    Scene {
        what: "proximity at scale",
        rooms: 1,
        per_room: 10_000,
        tiles: 372,
    },
    Scene {
        what: "proximity, 1,000 in a room",
        rooms: 1,
        per_room: 1_000,
        tiles: 118,
    },
    // As large as a circle of a radius of 200 px.
    Scene {
        what: "proximity, a crowd on one place",
        rooms: 1,
        per_room: 3_000,
        tiles: 22,
    },
    Scene {
        what: "proximity, rooms of 50",
        rooms: 100,
        per_room: 50,
        tiles: 125,
    },
];

fn main() {
    for scene in SCENES {
        // The median run, by its mean.
        let mut runs: Vec<Run> = (0..RUNS).map(|_| run(&scene)).collect();
        runs.sort_by(|one, other| one.mean_us.total_cmp(&other.mean_us));
        // The longest of all ticks, in whichever run.
        let max_us = runs.iter().map(|run| run.max_us).fold(0.0, f64::max);
        let Run {
            neighbours,
            mean_us,
            p50_us,
            p99_us,
            ..
        } = runs.swap_remove(RUNS / 2);
        let (players, rules) = (scene.rooms * scene.per_room, config(&scene).rules);
        let hz = 60 / rules.refresh_ticks;
        println!(
            "{}",
            json!({
                "what": scene.what, "players": players, "rooms": scene.rooms, "neighbours": neighbours,
                "mean_us": mean_us, "p50_us": p50_us, "p99_us": p99_us, "max_us": max_us, "hz": hz,
            })
        );
        eprintln!(
            "{}: {players} players with {neighbours} others within {} px, all pairs {hz} times a second: \
             {mean_us:.0} us a tick, p99 {p99_us:.0}, longest {max_us:.0}",
            scene.what, rules.near_px
        );
    }
}

struct Run {
    neighbours: f64,
    mean_us: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

/// How long the set `Interest` took, by tick.
#[derive(Resource, Default)]
struct Taken {
    began: Option<Instant>,
    us: Vec<f64>,
}

fn run(scene: &Scene) -> Run {
    let mut sim = Simulation::with_plugins(config(scene), |app: &mut App| {
        app.init_resource::<Taken>().presentation_only::<Taken>();
        let begin = |mut taken: ResMut<Taken>| taken.began = Some(Instant::now());
        let end = |mut taken: ResMut<Taken>| {
            let took = taken.began.take().map(|began| began.elapsed());
            taken.us.extend(took.map(|took| took.as_nanos() as f64 / 1000.0));
        };
        app.add_systems(
            TickSchedule,
            begin.after(StepSet::React).before(StepSet::Interest),
        );
        app.add_systems(
            TickSchedule,
            end.after(StepSet::Interest).before(StepSet::Replicate),
        );
    });
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    for tick in 0..WARM_UP + TICKS {
        input.events.clear();
        fill(scene, tick as u64, &mut input);
        sim.step(&mut input, &mut output);
    }
    let players = scene.rooms * scene.per_room;
    assert_eq!(output.counts.players, players, "everyone is in a room");
    let mut us = sim.world().resource::<Taken>().us[WARM_UP..].to_vec();
    us.sort_by(f64::total_cmp);
    Run {
        neighbours: (neighbours(&sim) * 10.0).round() / 10.0,
        mean_us: us.iter().sum::<f64>() / TICKS as f64,
        p50_us: us[TICKS / 2],
        p99_us: us[TICKS * 99 / 100],
        max_us: us[TICKS - 1],
    }
}

/// In the first tick everyone joins; their links are held, for nobody is to be sent anything. Then
/// they turn twice a second.
fn fill(scene: &Scene, tick: u64, input: &mut TickInput) {
    let mut chance = Stream::new(1, tick, Purpose::BotWalk);
    for session in 0..scene.rooms * scene.per_room {
        let mut happens = |kind| {
            let session = SessionId(u64::from(session));
            input.events.push(Event { session, kind });
        };
        let message = |message| EventKind::Message { early: 20, message };
        if tick == 0 {
            happens(EventKind::Open { name: String::new() });
            let room = format!("field/{}", session / scene.per_room);
            happens(message(ClientMessage::Join(Join { request: 1, room })));
            happens(EventKind::Hold);
        }
        if tick < 2 || chance.below(30) == 0 {
            let direction = Direction::ALL[1 + chance.below(8) as usize];
            let sprint = chance.below(4) == 0;
            happens(message(ClientMessage::Move(Move {
                direction,
                sprint,
                ..Move::default()
            })));
        }
    }
}

fn config(scene: &Scene) -> SimConfig {
    let mut chance = Stream::new(2, 0, Purpose::Game);
    let within = u32::from(scene.tiles) * TILE - 2 * EDGE;
    let mut spawn = |n: u32| Spawn {
        name: format!("spawn-{n}"),
        position: Place::from_px(
            (EDGE + chance.below(within)) as i32,
            (EDGE + chance.below(within)) as i32,
        ),
    };
    let map = Map {
        name: "field".into(),
        walls: WallGrid::new(scene.tiles, scene.tiles, TILE as u16),
        spawns: (0..10_000).map(&mut spawn).collect(),
        doors: Vec::new(),
    };
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules.capacity = scene.per_room;
    config
}

/// How many others there are within the radius of a player, on average.
fn neighbours(sim: &Simulation) -> f64 {
    let world = sim.world();
    let radius = i64::from(world.resource::<parlour_sim::Setup>().rules.near_px) * 256;
    let (mut pairs, mut players) = (0, 0);
    for room in world.resource::<Rooms>().iter() {
        let seats = world.get::<Seats>(room).into_iter().flat_map(Seats::iter);
        let places = seats.filter_map(|(_, player)| world.get::<CurrentPosition>(player));
        let places: Vec<Place> = places.map(|position| position.0).collect();
        let near = |one: Place, other: Place| one.distance_squared(other) <= radius * radius;
        for &one in &places {
            pairs += places.iter().filter(|&&other| near(one, other)).count() - 1;
        }
        players += places.len();
    }
    pairs as f64 / players as f64
}
