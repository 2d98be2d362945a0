//! In steady state, a tick with objects near players and queries of game logic, also about past
//! positions, allocates nothing: exactly zero, counted by the allocator.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    message::{Move, MoveHeading},
    motion::{Direction, Position, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clock, FoundEntity, HalfSize, KindSet, Object, Objects, PastSpace, Room, Rooms, Simulation,
    SimulationApp as _, Space, Steer, StepSet, TickSchedule, Walk,
};
use parlour_testing::{
    SessionActions as _,
    allocations::{CountingAllocator, on_this_thread},
    objects_plugin, plaza,
};
use parlour_tick::{TickInput, TickOutput};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

/// The objects of each room.
const OBJECTS: u32 = 150;

/// Furnishes each new room.
fn furnish(mut objects: Objects, space: Space, rooms: Query<Entity, Added<Room>>, clock: Res<Clock>) {
    for room in &rooms {
        assert!(space.room(room).is_some(), "a system may have both parameters");
        for at in 0..OBJECTS {
            let kind = if at % 4 == 0 { "bell" } else { "chair" };
            let random = &mut Stream::new(2, (clock.tick.0 + at).into(), Purpose::Game);
            objects.spawn(room, kind, place(random)).unwrap();
        }
    }
}

/// Moves a sixth of the objects now and then, and all objects together once at the start, so that
/// the lists become longer than in any later tick.
fn move_objects(objects: Query<(Entity, &Object)>, mut steer: Steer, clock: Res<Clock>) {
    let tick = clock.tick;
    for (entity, object) in &objects {
        let random = &mut Stream::new(object.id().0.into(), tick.0.into(), Purpose::Game);
        let target = match tick.0 {
            50 => Position::from_px(100, 100),
            60.. if object.id().0 % 6 == 0 && random.below(20) == 0 => place(random),
            60 => place(random),
            _ => continue,
        };
        steer.teleport(entity, target);
        if object.id().0.is_multiple_of(5) {
            steer.set_velocity(entity, Velocity { x: 200, y: -90 });
        }
    }
}

fn place(random: &mut Stream) -> Position {
    Position::from_px(20 + random.below(600) as i32, 20 + random.below(600) as i32)
}

/// One query of each sort in each room.
fn ask(
    space: Space,
    past: PastSpace,
    rooms: Res<Rooms>,
    clock: Res<Clock>,
    mut found: Local<Vec<FoundEntity>>,
) {
    for entity in rooms.iter() {
        let room = space.room(entity).unwrap();
        let random = &mut Stream::new(1, clock.tick.0.into(), Purpose::Game);
        // At first, everything is found.
        let (from, radius) = match clock.tick.0 {
            0..70 => (Position::from_px(300, 300), 2000 * 256),
            _ => (place(random), 150 * 256),
        };
        room.in_circle(from, radius, KindSet::ALL, &mut found);
        room.nearest(from, 5, radius, KindSet::OBJECTS, &mut found);
        let hit = room.first_hit(from, place(random), HalfSize::default(), KindSet::ALL, None);
        found.retain(|other| room.can_see(from, other.position) && hit.is_some());
        let then = past
            .room_at(entity, Tick(clock.tick.0.saturating_sub(random.below(18))))
            .unwrap();
        then.space.in_circle(from, radius, KindSet::ALL, &mut found);
    }
}

/// Returns the number of allocating ticks after the warm-up, and of the allocations in them.
fn run(rooms: u64, per_room: u64) -> (u32, u64) {
    let logic = |app: &mut App| {
        objects_plugin(app);
        app.keep_past_positions(Duration::from_millis(250));
        app.add_systems(
            TickSchedule,
            (
                furnish.after(parlour_testing::ObeyOrders),
                move_objects.before(Walk),
                ask.after(Walk),
            )
                .chain()
                .in_set(StepSet::Simulate),
        );
    };
    let mut config = plaza();
    config.rules.max_objects = OBJECTS;
    let mut sim = Simulation::with_plugins(config, logic);
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    for session in 0..rooms * per_room {
        input.open_and_join(session, &format!("plaza/{}", session % rooms));
    }
    let (mut ticks, mut allocations) = (0, 0);
    for tick in 0..900_u32 {
        let before = on_this_thread();
        sim.step(&mut input, &mut output);
        let allocated = on_this_thread() - before;
        assert!(tick > 0 || allocated > 0, "the allocator counts");
        if tick >= 600 {
            ticks += u32::from(allocated > 0);
            allocations += allocated;
        }
        input.events.clear();
        for session in 0..rooms * per_room {
            let random = &mut Stream::new(session, tick.into(), Purpose::Game);
            let every = if tick < 300 { 20 } else { 60 };
            if random.below(every) == 0 {
                let command = Move {
                    heading: MoveHeading::walk(Direction::ALL[random.below(9) as usize]),
                    ..Move::default()
                };
                input.command(session, command);
            }
        }
        input.sort();
    }
    assert_eq!(output.counts.objects, rooms as u32 * OBJECTS);
    (ticks, allocations)
}

#[test]
fn objects_and_queries_in_small_rooms_allocate_nothing() {
    assert_eq!(run(4, 40), (0, 0), "allocating ticks, allocations");
}

#[test]
fn objects_and_queries_in_a_large_room_allocate_nothing() {
    assert_eq!(run(1, 150), (0, 0), "allocating ticks, allocations");
}
