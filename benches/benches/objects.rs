//! Objects: what 20,000 chairs cost the walkers among them, and how long it takes to spawn and
//! despawn 1,000 objects.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use parlour_benches::message;
use parlour_shared::{
    ids::SessionId,
    limits::TICK_RATE,
    map::{Map, Spawn},
    message::{ClientMessage, Join, Move, MoveHeading},
    motion::{Direction, Position, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Object, ObjectKind, Objects, RoomEvent, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule,
};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};

const WALKERS: u32 = 500;
const CHAIRS: u32 = 20_000;
/// The side of the map in tiles of 16 px: each walker has about 20 of the chairs within 150 px.
const TILES: u16 = 526;

fn somewhere(random: &mut Stream) -> Position {
    let side = u32::from(TILES) * 16 - 64;
    Position::from_px(32 + random.below(side) as i32, 32 + random.below(side) as i32)
}

fn config() -> SimConfig {
    let mut random = Stream::new(5, 0, Purpose::Game);
    let spawns = (0..WALKERS).map(|n| Spawn {
        name: format!("spawn-{n}"),
        position: somewhere(&mut random),
    });
    let map = Map {
        name: "hall".into(),
        walls: WallGrid::new(TILES, TILES, 16),
        spawns: spawns.collect(),
        doors: Vec::new(),
        objects: Vec::new(),
    };
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules.capacity = WALKERS;
    config.rules.max_objects = CHAIRS;
    config
}

fn kinds(app: &mut App) {
    app.object_kind(ObjectKind::new("chair"));
}

fn with_chairs(app: &mut App) {
    kinds(app);
    let furnish = |mut events: MessageReader<RoomEvent>, mut objects: Objects| {
        for event in events.read() {
            if let RoomEvent::Created { room } = *event {
                let mut random = Stream::new(6, 0, Purpose::Game);
                while objects.spawn(room, "chair", somewhere(&mut random)).is_ok() {}
            }
        }
    };
    app.add_systems(TickSchedule, furnish.in_set(StepSet::Simulate));
}

/// Spawns 1,000 objects in each tick, and despawns those of the tick before.
fn with_churn(app: &mut App) {
    kinds(app);
    let churn = |rooms: Query<Entity, With<parlour_sim::Room>>,
                 old: Query<Entity, With<Object>>,
                 mut objects: Objects,
                 mut commands: Commands| {
        for object in &old {
            commands.entity(object).despawn();
        }
        let mut random = Stream::new(6, 0, Purpose::Game);
        for room in &rooms {
            for _ in 0..1_000 {
                objects
                    .spawn(room, "chair", somewhere(&mut random))
                    .expect("the room has space");
            }
        }
    };
    app.add_systems(TickSchedule, churn.in_set(StepSet::Simulate));
}

/// A room with walkers.
struct Hall {
    sim: Simulation,
    input: TickInput,
    output: TickOutput,
    walkers: u32,
}

impl Hall {
    fn new(walkers: u32, logic: fn(&mut App)) -> Self {
        let mut hall = Self {
            sim: Simulation::with_plugins(config(), logic),
            input: TickInput::default(),
            output: TickOutput::default(),
            walkers,
        };
        for session in 0..walkers {
            let arrival = Arrival::new(player_id(0, session), String::new());
            hall.input.events.push(Event {
                session: SessionId(session.into()),
                kind: EventKind::Arrive(arrival),
            });
            let join = ClientMessage::Join(Join::room(1, "hall"));
            hall.input.events.push(message(session, join));
        }
        hall.step();
        for _ in 0..2 * TICK_RATE {
            hall.prepare();
            hall.step();
        }
        hall
    }

    fn prepare(&mut self) {
        let tick = self.sim.tick().0 + 1;
        self.input.events.clear();
        let mut random = Stream::new(1, u64::from(tick), Purpose::BotWalk);
        for session in 0..self.walkers {
            if random.below(TICK_RATE) < 2 {
                let direction = Direction::ALL[1 + random.below(8) as usize];
                let command = Move {
                    heading: MoveHeading::walk(direction),
                    ..Move::default()
                };
                self.input
                    .events
                    .push(message(session, ClientMessage::Move(command)));
            }
        }
    }

    fn step(&mut self) {
        self.sim.step(&mut self.input, &mut self.output);
    }

    fn time(&mut self, ticks: u64) -> Duration {
        let mut spent = Duration::ZERO;
        for _ in 0..ticks {
            self.prepare();
            let start = Instant::now();
            self.step();
            spent += start.elapsed();
        }
        spent
    }
}

fn objects(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("objects");
    for (name, logic) in [
        ("500 walkers", kinds as fn(&mut App)),
        ("500 walkers, 20,000 chairs", with_chairs),
    ] {
        let mut hall = Hall::new(WALKERS, logic);
        let expected = if name.contains("chairs") { CHAIRS } else { 0 };
        assert_eq!(hall.output.counts.objects, expected);
        group.bench_function(BenchmarkId::new("tick", name), |bencher| {
            bencher.iter_custom(|ticks| hall.time(ticks));
        });
    }
    for (name, logic) in [
        ("nothing", kinds as fn(&mut App)),
        ("spawn and despawn 1,000", with_churn),
    ] {
        let mut hall = Hall::new(1, logic);
        group.bench_function(BenchmarkId::new("tick", name), |bencher| {
            bencher.iter_custom(|ticks| hall.time(ticks));
        });
    }
}

criterion_group!(benches, objects);
criterion_main!(benches);
