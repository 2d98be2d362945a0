//! In steady state a tick allocates nothing: exactly zero, counted by the allocator.
//!
//! [`Simulation::step`] lists what may allocate: sessions that open, joins and leaves, objects that
//! are spawned, writes to room state, and messages of plugins. Buffers keep the size that the
//! busiest tick so far needed. So the warm-up is three times as busy as the measured ticks, with
//! three times as many objects, and in the warm-up all players appear in one place, leave, and
//! appear again.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::SessionId,
    message::{Move, MoveHeading, Scope},
    motion::{Direction, Heading, Position, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clock, Interest, Motion, Object, Objects, Perspective, Player, Room, SimConfig, Simulation, StepSet,
    TickSchedule, Walk,
};
use parlour_testing::{
    Color, ObeyOrders, SessionActions as _,
    allocations::{CountingAllocator, on_this_thread},
    maps::open_map,
    objects_plugin,
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
    run_with(|_: &mut App| {}, (rooms, per_room), 0, interest, pace)
}

fn run_with(
    logic: fn(&mut App),
    (rooms, per_room): (u64, u64),
    dropped: u64,
    interest: Interest,
    pace: Pace,
) -> (u32, u64) {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 125, 1))]);
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules.interest = interest;
    config.rules.rates.join.burst = 100;
    let mut sim = Simulation::with_plugins(config, logic);
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
    // The first sessions of all lose their links before the measured ticks.
    (0..dropped).for_each(|session| input.drop_link(session));
    sim.step(&mut input, &mut output);
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

/// They are seen, and receive messages. Some walk on, because the sessions of this test do not stop
/// to send.
#[test]
fn a_tick_with_dropped_players_allocates_nothing() {
    for (rooms, per_room) in [(6, 50), (1, 200)] {
        let counted = run_with(
            |_: &mut App| {},
            (rooms, per_room),
            100,
            Interest::Near,
            Pace::default(),
        );
        assert_eq!(counted, (0, 0), "allocating ticks, allocations");
    }
}

/// In the warm-up, objects come and go in each room. They change and lose their colors, and move.
fn busy_objects(app: &mut App) {
    objects_plugin(app);
    let systems = (spawn_objects, change_objects).chain();
    let systems = systems.in_set(StepSet::Simulate).before(Walk).after(ObeyOrders);
    app.add_systems(TickSchedule, systems);
}

/// Spawns objects, until shortly before the end of the warm-up.
fn spawn_objects(mut objects: Objects, rooms: Query<Entity, With<Room>>, clock: Res<Clock>) {
    for room in rooms.iter().filter(|_| clock.tick.0 < WARM_UP - 100) {
        let number = objects.count(room);
        if number < 90 {
            let mut random = Stream::new(6, u64::from(clock.tick.0), Purpose::Game);
            let place = Position::from_px(random.below(400) as i32, random.below(400) as i32);
            let mut object = objects.spawn(room, "chair", place).unwrap();
            object.insert(Color(number));
        }
    }
}

type BusyObject<'a> = (Entity, &'a Object, &'a mut Motion, Option<&'a mut Color>);

fn change_objects(
    mut objects: Query<BusyObject<'_>>,
    rooms: Query<&Room>,
    clock: Res<Clock>,
    mut commands: Commands,
) {
    for (entity, object, mut motion, color) in &mut objects {
        let moment = u64::from(object.id().0) << 32 | u64::from(clock.tick.0);
        let mut random = Stream::new(7, moment, Purpose::Game);
        match (random.below(100), color) {
            (0..3, _) => {
                let walls = &rooms.get(object.room()).unwrap().map.walls;
                let x = random.below(400) as i16 - 200;
                motion.turn(walls, Heading::free(Velocity { x, y: 3 }), clock.tick);
            }
            (3..6, Some(mut color)) => color.0 += 1,
            (6, Some(_)) => drop(commands.entity(entity).remove::<Color>()),
            (6..9, None) => drop(commands.entity(entity).insert(Color(1))),
            (9, _) if clock.tick.0 < WARM_UP => commands.entity(entity).despawn(),
            _ => {}
        }
    }
}

#[test]
fn a_tick_with_busy_objects_allocates_nothing() {
    for (interest, level) in [
        (Interest::All, 0),
        (Interest::Near, 0),
        (Interest::All, 5),
        (Interest::Near, 5),
    ] {
        let pace = Pace::Adaptive(PaceLevel::new(level).unwrap());
        let counted = run_with(busy_objects, (3, 40), 0, interest, pace);
        assert_eq!(
            counted,
            (0, 0),
            "allocating ticks, allocations with {interest:?} at {pace:?}"
        );
    }
}
