//! Game logic: what a plugin that does nothing costs in each tick, and what 1,000 timers cost that
//! are due in the same tick.
#![allow(missing_docs, reason = "criterion's macros write public items")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bevy_app::App;
use bevy_ecs::prelude::*;
use criterion::{Criterion, criterion_group, criterion_main};
use parlour_benches::message;
use parlour_shared::{
    ids::SessionId,
    limits::TICK_RATE,
    map::{Map, Spawn},
    message::{ClientMessage, Join},
    motion::{Position, WallGrid},
};
use parlour_sim::{
    Room, RoomEvent, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule, TimerRang, Timers,
};
use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput, player_id};
use serde::{Deserialize, Serialize};

const TIMERS: u32 = 1_000;

#[derive(Clone, Serialize, Deserialize)]
struct Rang(u32);

#[derive(Component)]
struct Unused;

/// A system that is not allowed to sleep. Without it, the world would skip the tick, and the
/// plugin below would seem to cost the whole tick.
fn awake(app: &mut App) {
    app.add_systems(TickSchedule, (|| {}).in_set(StepSet::Simulate));
}

/// The plugin that does nothing: one system, whose query finds nothing.
fn with_plugin(app: &mut App) {
    awake(app);
    app.presentation_only::<Unused>();
    let nothing = |found: Query<&Unused>| assert!(found.is_empty());
    app.add_systems(TickSchedule, nothing.in_set(StepSet::Simulate));
}

/// Declares the timers and counts those that ring, but sets none.
fn with_timers_declared(app: &mut App) {
    app.timer_message::<Rang>("rang");
    let hear = |mut rang: MessageReader<TimerRang<Rang>>, rooms: Query<&Room>| {
        let heard = rang.read().map(|rang| rang.message.0).sum::<u32>();
        assert!(heard == 0 || !rooms.is_empty());
    };
    app.add_systems(TickSchedule, hear.in_set(StepSet::Simulate));
}

/// Sets 1,000 timers that ring in every tick.
fn with_timers(app: &mut App) {
    with_timers_declared(app);
    let set = |mut events: MessageReader<RoomEvent>, mut timers: Timers<Rang>| {
        for event in events.read() {
            if let RoomEvent::Created { room } = *event {
                for timer in 1..=TIMERS {
                    timers
                        .every(room, Duration::from_millis(16), Rang(timer))
                        .expect("fewer than the maximum");
                }
            }
        }
    };
    app.add_systems(TickSchedule, set.in_set(StepSet::Simulate));
}

/// A world with one room and one player.
fn world(logic: fn(&mut App)) -> (Simulation, TickInput, TickOutput) {
    let map = Map {
        name: "hall".into(),
        walls: WallGrid::new(40, 40, 16),
        spawns: vec![Spawn {
            name: "spawn".into(),
            position: Position::from_px(320, 320),
        }],
        doors: Vec::new(),
        objects: Vec::new(),
    };
    let mut sim = Simulation::with_plugins(SimConfig::new(vec![Arc::new(map)]), logic);
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    input.events = vec![
        Event {
            session: SessionId(0),
            kind: EventKind::Arrive(Arrival::new(player_id(0, 0), String::new())),
        },
        message(0, ClientMessage::Join(Join::room(1, "hall"))),
    ];
    for _ in 0..2 * TICK_RATE {
        sim.step(&mut input, &mut output);
        input.events.clear();
    }
    (sim, input, output)
}

fn logic(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("logic");
    for (name, logic) in [
        ("without a plugin", awake as fn(&mut App)),
        ("with a plugin that does nothing", with_plugin),
        ("no timers", with_timers_declared),
        ("1,000 timers due", with_timers),
    ] {
        let (mut sim, mut input, mut output) = world(logic);
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|ticks| {
                let start = Instant::now();
                for _ in 0..ticks {
                    sim.step(&mut input, &mut output);
                }
                start.elapsed()
            });
        });
    }
}

criterion_group!(benches, logic);
criterion_main!(benches);
