//! In steady state, objects that change owners and objects that walk along paths allocate nothing.
//! Buffers keep the size that the busiest tick so far needed, so players own more in the warm-up.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    motion::{Position, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Clock, FollowPaths, Interest, Object, ObjectKind, Objects, OwnerLeaves, Owners, PathSearches, Player,
    Room, Route, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule,
};
use parlour_testing::{
    SessionActions as _,
    allocations::{CountingAllocator, on_this_thread},
    generous_rules,
    maps::map,
};
use parlour_tick::{TickInput, TickOutput};

#[global_allocator]
static COUNTING: CountingAllocator = CountingAllocator;

const OBJECTS: u32 = 200;
const WARM_UP: u32 = 2_000;

/// 60 x 60 tiles with pillars.
fn hall() -> WallGrid {
    let mut walls = WallGrid::new(60, 60, 16);
    for (column, row) in (0..14).flat_map(|column| (0..14).map(move |row| (4 * column + 2, 4 * row + 2))) {
        walls.block(column, row);
    }
    walls
}

/// Spawns all objects in the first room that exists.
fn spawn(mut objects: Objects, rooms: Query<Entity, With<Room>>) {
    let Ok(room) = rooms.single() else { return };
    if objects.count(room) > 0 {
        return;
    }
    for at in 0..OBJECTS as i32 {
        let place = Position::from_px(8 + 64 * (at % 14), 8 + 64 * (at / 14));
        objects
            .spawn(room, "guard", place)
            .unwrap()
            .insert(Route::new(900));
    }
}

/// Players take and release random objects.
fn take_and_release(
    mut owners: Owners,
    objects: Query<(Entity, &Object)>,
    players: Query<Entity, With<Player>>,
    clock: Res<Clock>,
) {
    let mut random = Stream::new(1, clock.tick.0.into(), Purpose::Game);
    for (object, _) in &objects {
        let choice = random.below(300);
        let Some(player) = players.iter().nth(choice as usize / 60) else {
            continue;
        };
        let release = if clock.tick.0 < WARM_UP { 5 } else { 12 };
        match choice % 60 {
            0..3 => {
                let leaves = [OwnerLeaves::Release, OwnerLeaves::Keep, OwnerLeaves::Despawn];
                let _ = owners.take(object, player, leaves[choice as usize % 60]);
            }
            take if take < release => owners.take_away(object),
            _ => {}
        }
    }
}

/// Random objects get a new target, and those that arrived.
fn send(mut routes: Query<&mut Route>, clock: Res<Clock>) {
    let mut random = Stream::new(2, clock.tick.0.into(), Purpose::Game);
    for mut route in &mut routes {
        if random.below(120) == 0 {
            // Two places, so that each object has walked the longest path in the warm-up.
            let at = random.below(2) as i32 * 900 + 8;
            route.go_to(Position::from_px(at, 940 - at / 2));
        }
    }
}

fn logic(app: &mut App) {
    app.follow_paths(100);
    app.object_kind(ObjectKind::new("guard"));
    app.add_systems(
        TickSchedule,
        (spawn, take_and_release, send)
            .chain()
            .before(FollowPaths)
            .in_set(StepSet::Simulate),
    );
}

#[test]
fn owners_and_paths_allocate_nothing() {
    let map = map("hall", hall(), Position::from_px(8, 8), Vec::new());
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules = generous_rules();
    config.rules.interest = Interest::All;
    let mut sim = Simulation::with_plugins(config, logic);
    let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    (0..5).for_each(|session| input.open_and_join(session, "hall"));
    sim.step(&mut input, &mut output);
    input.events.clear();
    for _ in 0..WARM_UP {
        sim.step(&mut input, &mut output);
    }
    assert!(on_this_thread() > 0, "the allocator counts");
    let (mut allocating, mut searched) = (0, 0);
    for _ in 0..600 {
        let before = on_this_thread();
        sim.step(&mut input, &mut output);
        allocating += u32::from(on_this_thread() > before);
        searched += u32::from(sim.world().resource::<PathSearches>().waiting() > 0);
    }
    assert_eq!(output.counts.objects, OBJECTS);
    assert!(searched > 10, "{searched} ticks with searches");
    assert_eq!(allocating, 0, "ticks that allocate");
}
