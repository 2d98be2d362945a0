//! In steady state a tick allocates nothing: exactly zero, counted by the allocator.
//!
//! [`Simulation::step`] lists what may allocate: sessions that open, joins and leaves, writes to
//! room state, and messages of plugins. Buffers keep the size that the busiest tick so far needed.
//! So the warm-up is three times as busy as the measured ticks, and in the warm-up all players
//! appear in one place, leave, and appear again.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::SessionId,
    message::{Move, MoveHeading, Scope},
    motion::{Direction, Position, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clock, Interest, Object, Perspective, Player, SimConfig, Simulation, Steer, StepSet, TickSchedule, Walk,
};
use parlour_testing::{
    MoverOrder, ObeyOrders, SessionActions as _,
    allocations::{CountingAllocator, on_this_thread},
    generous_rules,
    maps::open_map,
    movers_plugin, solids_plugin,
};
use parlour_tick::{Pace, PaceLevel, TickInput, TickOutput};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

const WARM_UP: u32 = 1200;
const MEASURED: u32 = 1200;

/// Runs `rooms` rooms of `per_room` players that turn, chat and change skins, with holds, releases
/// and watchers. Returns the number of allocating ticks after the warm-up, and the number of
/// allocations in them.
fn run(rooms: u64, per_room: u64, interest: Interest, pace: Pace) -> (u32, u64) {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 125, 1))]);
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules.interest = interest;
    config.rules.rates.join.burst = 100;
    let mut sim = Simulation::new(config);
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    input.pace = pace;
    (0..rooms * per_room).for_each(|session| input.open_as(session, ""));
    sim.step(&mut input, &mut output);
    input.events.clear();
    // Three times, so that all players arrive and leave together in an even and in an odd tick, and
    // the buffers of both grow.
    for ticks in [9, 8, WARM_UP] {
        for session in 0..rooms * per_room {
            input.leave(session);
            input.join(session, &format!("plaza/{}", session % rooms));
        }
        for tick in 0..ticks {
            sim.step(&mut input, &mut output);
            if tick == 0 {
                watch(&mut sim, rooms);
            }
            fill(&mut input, tick, rooms * per_room, 200);
        }
    }
    assert!(on_this_thread() > 0, "the allocator counts");
    let (mut ticks, mut allocations) = (0, 0);
    for tick in 0..MEASURED {
        fill(&mut input, WARM_UP + tick, rooms * per_room, 600);
        let before = on_this_thread();
        sim.step(&mut input, &mut output);
        let allocated = on_this_thread() - before;
        if allocated > 0 {
            ticks += 1;
            allocations += allocated;
        }
    }
    assert!(u64::from(output.counts.players) == rooms * per_room);
    assert!((0..2 * rooms).all(|watcher| sim.is_watching(SessionId(watcher))));
    (ticks, allocations)
}

/// Adds two watchers to each room: one sees all players, the other one has the view of a player.
fn watch(sim: &mut Simulation, rooms: u64) {
    for number in 0..rooms {
        let room = format!("plaza/{number}");
        let player = sim.player(SessionId(number)).unwrap();
        let player = sim.world().get::<Player>(player).unwrap().id;
        sim.watch(SessionId(number), &room, Perspective::Everyone, 1)
            .unwrap();
        sim.watch(SessionId(rooms + number), &room, Perspective::Player(player), 1)
            .unwrap();
    }
}

/// Each session sends something once in `every / 30` ticks.
fn fill(input: &mut TickInput, tick: u32, sessions: u64, every: u32) {
    let mut random = Stream::new(5, u64::from(tick), Purpose::Game);
    input.events.clear();
    for session in 0..sessions {
        match random.below(every) {
            0..20 => {
                let command = Move {
                    heading: MoveHeading::Keys {
                        direction: Direction::ALL[random.below(9) as usize],
                        sprint: random.below(4) == 0,
                    },
                    ..Move::default()
                };
                input.command(session, command);
            }
            20 => input.chat(session, Scope::Room, "to all"),
            21 => input.chat(session, Scope::Near, "to some"),
            22 => input.skin(session, random.below(3) as u16),
            23 => input.hold(session),
            24..30 => input.release(session),
            _ => {}
        }
    }
    input.sort();
}

#[test]
fn a_tick_of_walking_chatting_players_allocates_nothing() {
    for interest in [Interest::Near, Interest::All] {
        let counted = run(6, 50, interest, Pace::default());
        assert_eq!(counted, (0, 0), "allocating ticks, allocations");
    }
}

#[test]
fn a_tick_under_pressure_allocates_nothing() {
    for step in [1, 5, 6] {
        let pace = Pace::Adaptive(PaceLevel::new(step).unwrap());
        let counted = run(6, 50, Interest::All, pace);
        assert_eq!(counted, (0, 0), "allocating ticks, allocations at {pace:?}");
    }
}

#[test]
fn a_tick_of_a_large_room_allocates_nothing() {
    let counted = run(1, 200, Interest::Near, Pace::default());
    assert_eq!(counted, (0, 0), "allocating ticks, allocations");
}

/// Turns an object in each tick, and lets some rest.
fn stir(objects: Query<(Entity, &Object)>, mut steer: Steer, clock: Res<Clock>) {
    for (entity, object) in &objects {
        let mut random = Stream::new(u64::from(object.id().0), u64::from(clock.tick.0), Purpose::Game);
        if random.below(30) == 0 {
            let mut speed = || random.below(1200) as i16 - 600;
            let velocity = Velocity {
                x: speed(),
                y: speed(),
            };
            steer.set_velocity(entity, velocity);
        } else if random.below(30) == 0 {
            steer.stop(entity);
        }
    }
}

fn stirred(app: &mut App, kinds: fn(&mut App)) {
    kinds(app);
    app.add_systems(
        TickSchedule,
        stir.in_set(StepSet::Simulate).before(Walk).after(ObeyOrders),
    );
}

/// Runs a room with players and 300 objects that move and rest, and returns the number of
/// allocations after the warm-up.
fn run_objects(kinds: fn(&mut App), names: &[&str]) -> u64 {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 40, 1))]);
    config.rules = generous_rules();
    let mut sim = Simulation::with_plugins(config, move |app: &mut App| stirred(app, kinds));
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    (0..20).for_each(|session| input.open_and_join(session, "plaza"));
    sim.step(&mut input, &mut output);
    input.events.clear();
    for number in 0..300_u32 {
        let (column, row) = (number as i32 % 20, number as i32 / 20);
        let launch = MoverOrder::Launch {
            kind: names[number as usize % names.len()].into(),
            place: Position::from_px(30 + 30 * column, 30 + 30 * row),
            velocity: Velocity::default(),
        };
        input.custom(u64::from(number % 20), "mover", &launch);
    }
    input.sort();
    let mut allocations = 0;
    for tick in 0..1800 {
        let before = on_this_thread();
        sim.step(&mut input, &mut output);
        if tick >= 1200 {
            allocations += on_this_thread() - before;
        }
        input.events.clear();
        for session in (0..20).filter(|session| (tick + *session as u32).is_multiple_of(40)) {
            let way = Direction::ALL[(tick as usize / 40 + session as usize) % 9];
            input.walk(session, way);
        }
    }
    assert_eq!(output.counts.objects, 300);
    allocations
}

#[test]
fn a_tick_with_moving_objects_allocates_nothing() {
    assert_eq!(run_objects(movers_plugin, &["ball", "cart", "ghost"]), 0);
}

#[test]
fn a_tick_among_solid_bodies_allocates_nothing() {
    assert_eq!(
        run_objects(solids_plugin, &["crate", "gate", "truck", "ball", "spirit"]),
        0
    );
}
