//! The cost of proximity in a world of walkers: the time of the system set `Interest` in real
//! ticks, as JSON lines.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

use std::{sync::Arc, time::Instant};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::SessionId,
    map::{Map, Spawn},
    message::{ClientMessage, Join, Move, MoveHeading},
    motion::{Direction, Position as Place, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    CurrentPosition, Room, Rooms, Seats, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule,
};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};
use serde_json::json;

/// Ten seconds of ticks in each run, after a warm-up of two seconds.
const TICKS: usize = 600;
const WARM_UP: usize = 120;
const RUNS: usize = 3;
/// Minimum distance of spawn points from the edge: half the width of a body, in pixels.
const EDGE: u32 = 8;
const TILE: u32 = 16;

/// A world of square rooms with players all over them.
struct Scene {
    what: &'static str,
    rooms: u32,
    per_room: u32,
    /// Tiles of 16 px along each side of a room.
    tiles: u16,
    /// The share of the players that walk. The others stand still.
    walking_percent: u32,
}

const SCENES: [Scene; 6] = [
    // 5,952 px: each has about 20 others within 150 px.
    Scene {
        what: "proximity at scale",
        rooms: 1,
        per_room: 10_000,
        tiles: 372,
        walking_percent: 100,
    },
    Scene {
        what: "proximity at scale, 10 % walking",
        rooms: 1,
        per_room: 10_000,
        tiles: 372,
        walking_percent: 10,
    },
    Scene {
        what: "proximity at scale, 50 % walking",
        rooms: 1,
        per_room: 10_000,
        tiles: 372,
        walking_percent: 50,
    },
    Scene {
        what: "proximity, 1,000 in a room",
        rooms: 1,
        per_room: 1_000,
        tiles: 118,
        walking_percent: 100,
    },
    // The area of a circle with a radius of 200 px.
    Scene {
        what: "proximity, a crowd on one place",
        rooms: 1,
        per_room: 3_000,
        tiles: 22,
        walking_percent: 100,
    },
    Scene {
        what: "proximity, rooms of 50",
        rooms: 100,
        per_room: 50,
        tiles: 125,
        walking_percent: 100,
    },
];

fn main() {
    // With an argument: only the scenes that contain it in their name.
    let wanted = std::env::args().nth(1).unwrap_or_default();
    for scene in SCENES.into_iter().filter(|scene| scene.what.contains(&wanted)) {
        // The reported run is the median by mean.
        let mut runs: Vec<SceneRun> = (0..RUNS).map(|_| run(&scene)).collect();
        runs.sort_by(|one, other| one.mean_us.total_cmp(&other.mean_us));
        // The longest tick of all runs.
        let max_us = runs.iter().map(|run| run.max_us).fold(0.0, f64::max);
        let SceneRun {
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
            "{}: {players} players with {neighbours} others within {} px, all pairs at {hz} Hz: \
             mean {mean_us:.0} us per tick, p99 {p99_us:.0}, longest {max_us:.0}",
            scene.what, rules.near_px
        );
    }
}

/// Figures of a run.
struct SceneRun {
    neighbours: f64,
    mean_us: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

/// The time of the set `Interest` in each tick.
#[derive(Resource, Default)]
struct InterestTimes {
    began: Option<Instant>,
    us: Vec<f64>,
}

fn run(scene: &Scene) -> SceneRun {
    let mut sim = Simulation::with_plugins(config(scene), |app: &mut App| {
        app.init_resource::<InterestTimes>()
            .presentation_only::<InterestTimes>();
        let begin = |mut times: ResMut<InterestTimes>| times.began = Some(Instant::now());
        let end = |mut times: ResMut<InterestTimes>| {
            let took = times.began.take().map(|began| began.elapsed());
            times.us.extend(took.map(|took| took.as_nanos() as f64 / 1000.0));
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
    let mut us = sim.world().resource::<InterestTimes>().us[WARM_UP..].to_vec();
    us.sort_by(f64::total_cmp);
    SceneRun {
        neighbours: (neighbours(&sim) * 10.0).round() / 10.0,
        mean_us: us.iter().sum::<f64>() / TICKS as f64,
        p50_us: us[TICKS / 2],
        p99_us: us[TICKS * 99 / 100],
        max_us: us[TICKS - 1],
    }
}

/// In the first tick all players join. Their snapshots are held, so that none are packed. Later
/// those that walk turn twice a second.
fn fill(scene: &Scene, tick: u64, input: &mut TickInput) {
    let mut random = Stream::new(1, tick, Purpose::BotWalk);
    for session in 0..scene.rooms * scene.per_room {
        let mut push = |kind| {
            let session = SessionId(u64::from(session));
            input.events.push(Event { session, kind });
        };
        let message = |message| EventKind::Message { early: 20, message };
        if tick == 0 {
            push(EventKind::Arrive(Arrival::new(
                player_id(0, session),
                String::new(),
            )));
            let room = format!("field/{}", session / scene.per_room);
            push(message(ClientMessage::Join(Join::room(1, room))));
            push(EventKind::Hold);
        }
        let walks = session % 100 < scene.walking_percent;
        if walks && (tick < 2 || random.below(30) == 0) {
            let direction = Direction::ALL[1 + random.below(8) as usize];
            let sprint = random.below(4) == 0;
            push(message(ClientMessage::Move(Move {
                heading: MoveHeading::Keys { direction, sprint },
                ..Move::default()
            })));
        }
    }
}

fn config(scene: &Scene) -> SimConfig {
    let mut random = Stream::new(2, 0, Purpose::Game);
    let within = u32::from(scene.tiles) * TILE - 2 * EDGE;
    let mut spawn = |n: u32| Spawn {
        name: format!("spawn-{n}"),
        position: Place::from_px(
            (EDGE + random.below(within)) as i32,
            (EDGE + random.below(within)) as i32,
        ),
    };
    let map = Map {
        name: "field".into(),
        walls: WallGrid::new(scene.tiles, scene.tiles, TILE as u16),
        spawns: (0..10_000).map(&mut spawn).collect(),
        doors: Vec::new(),
        objects: Vec::new(),
    };
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules.capacity = scene.per_room;
    config
}

/// Returns the mean number of other players within the near radius of a player.
fn neighbours(sim: &Simulation) -> f64 {
    let world = sim.world();
    let (mut pairs, mut players) = (0, 0);
    for room in world.resource::<Rooms>().iter() {
        let near_px = world.get::<Room>(room).map_or(0, |room| room.rules().near_px);
        let radius = i64::from(near_px) * 256;
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
