//! Characters: what 1,000 objects cost that walk along paths, without players who see them.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use criterion::{Criterion, criterion_group, criterion_main};
use parlour_benches::message;
use parlour_shared::{
    ids::SessionId,
    map::{Map, Spawn},
    message::{ClientMessage, Join},
    motion::{Position, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clock, FollowPaths, ObjectKind, Objects, RoomEvent, Route, RouteStatus, SimConfig, Simulation,
    SimulationApp, StableId, StepSet, TickSchedule,
};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};

const NPCS: u32 = 1_000;
/// The side of the map in tiles of 16 px. Every sixth tile along each axis is a pillar.
const TILES: u16 = 200;

/// The centre of a tile without a pillar.
fn somewhere(random: &mut Stream) -> Position {
    let mut tile = || {
        let tile = random.below(u32::from(TILES)) as i32;
        if tile % 6 == 3 { tile + 1 } else { tile }
    };
    Position::from_px(16 * tile() + 8, 16 * tile() + 8)
}

fn config() -> SimConfig {
    let mut walls = WallGrid::new(TILES, TILES, 16);
    let pillars = (3..TILES).step_by(6);
    for (column, row) in pillars
        .clone()
        .flat_map(|column| pillars.clone().map(move |row| (column, row)))
    {
        walls.block(column, row);
    }
    let map = Map {
        name: "hall".into(),
        walls,
        spawns: vec![Spawn {
            name: "default".into(),
            position: Position::from_px(8, 8),
        }],
        doors: Vec::new(),
        objects: Vec::new(),
    };
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules.max_objects = NPCS;
    config
}

/// Characters that stand still.
fn standing(app: &mut App) {
    app.follow_paths(3_000);
    app.object_kind(ObjectKind::new("guard"));
    let spawn = |mut events: MessageReader<RoomEvent>, mut objects: Objects| {
        for event in events.read() {
            if let RoomEvent::Created { room } = *event {
                let mut random = Stream::new(6, 0, Purpose::Game);
                while let Ok(mut guard) = objects.spawn(room, "guard", somewhere(&mut random)) {
                    guard.insert(Route::new(640));
                }
            }
        }
    };
    app.add_systems(TickSchedule, spawn.before(FollowPaths).in_set(StepSet::Simulate));
}

/// Characters that walk from one place to the next.
fn walking(app: &mut App) {
    standing(app);
    let send = |mut guards: Query<(&StableId, &mut Route)>, clock: Res<Clock>| {
        for (id, mut route) in &mut guards {
            if matches!(
                route.status(),
                RouteStatus::Idle | RouteStatus::Arrived | RouteStatus::NoPath
            ) {
                let mut random = Stream::new(id.number(), clock.tick.0.into(), Purpose::Game);
                route.go_to(somewhere(&mut random));
            }
        }
    };
    app.add_systems(TickSchedule, send.before(FollowPaths).in_set(StepSet::Simulate));
}

fn npcs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("npcs");
    for (name, logic) in [
        ("1,000 stand still", standing as fn(&mut App)),
        ("1,000 follow paths", walking),
    ] {
        let mut sim = Simulation::with_plugins(config(), logic);
        let (mut input, mut output) = (TickInput::default(), TickOutput::default());
        let arrival = Arrival::new(player_id(0, 0), String::new());
        input.events = vec![
            Event {
                session: SessionId(0),
                kind: EventKind::Arrive(arrival),
            },
            message(0, ClientMessage::Join(Join::room(1, "hall"))),
        ];
        sim.step(&mut input, &mut output);
        input.events.clear();
        // All have a path, and no longer walk in step.
        for _ in 0..2_000 {
            sim.step(&mut input, &mut output);
        }
        assert_eq!(output.counts.objects, NPCS);
        group.bench_function(name, |bencher| {
            bencher.iter(|| sim.step(&mut input, &mut output));
        });
    }
}

criterion_group!(benches, npcs);
criterion_main!(benches);
