//! The rule `on_drop` decides how a player moves that drops: it stands, its motion goes on until it
//! ends, or nothing changes.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::PlayerId,
    motion::{Direction, Position, Velocity, WallGrid},
};
use parlour_sim::{
    Clock, Control, FromPlayer, Interest, MaySleep, Motion, OnDrop, SimConfig, SimulationApp as _, StableId,
    StepSet, TickSchedule, Walk,
};
use parlour_testing::{
    MoverOrder, SessionActions as _, TestWorld, maps::open_map, plaza, solids_plugin, teleport_plugin,
};
use serde::{Deserialize, Serialize};

/// Half of a body, in pixels.
const HALF_BODY_PX: i32 = 8;
/// A wall is at this x in pixels, from the top to the bottom.
const WALL_X: i32 = 160;

fn config(on_drop: OnDrop) -> SimConfig {
    let mut map = open_map("plaza", 24, 1);
    map.walls = WallGrid::new(24, 24, 16);
    (0..24).for_each(|row| map.walls.block(10, row));
    let mut config = plaza();
    config.maps = vec![Arc::new(map)];
    config.rules.interest = Interest::All;
    config.rules.on_drop = on_drop;
    config
}

/// What a player asks game logic to do with it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Order {
    Push(i16, u32),
    Lock,
    Release,
    Carry(PlayerId),
    PutDown(PlayerId),
}

fn orders(app: &mut App) {
    app.control_motion().player_message::<Order>("order");
    let obey = obey.before(Walk).in_set(StepSet::Simulate).in_set(MaySleep);
    app.add_systems(TickSchedule, obey);
}

fn obey(
    mut requests: MessageReader<FromPlayer<Order>>,
    mut players: Query<(&StableId, &mut Control)>,
    clock: Res<Clock>,
) {
    for request in requests.read() {
        let other = match request.message {
            Order::PutDown(player) => Some(StableId::player(player)),
            _ => None,
        };
        for (_, mut control) in players.iter_mut().filter(|(id, _)| Some(**id) == other) {
            control.put_down();
        }
        let Ok((_, mut control)) = players.get_mut(request.player) else {
            continue;
        };
        match request.message {
            Order::Push(x, ticks) => control.push(clock.tick, Velocity { x, y: 0 }, ticks),
            Order::Lock => control.lock_input(None),
            Order::Release => control.release_input(),
            Order::Carry(player) => control.carry(StableId::player(player), Position { x: 512, y: 0 }),
            Order::PutDown(_) => {}
        }
    }
}

/// A world with game logic that controls motion, and a player that walks to the east.
fn controlled(on_drop: OnDrop) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(on_drop), orders);
    start(&mut world);
    world
}

fn world(on_drop: OnDrop) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(on_drop), teleport_plugin);
    start(&mut world);
    world
}

fn start(world: &mut TestWorld) {
    world.open_and_join(1, "plaza");
    world.open_and_join(2, "plaza");
    world.tick();
    world.walk(1, Direction::East);
    world.ticks(5);
}

/// Runs ticks, and returns how far the player went in them, in units of 1/256 px.
fn went(world: &mut TestWorld, ticks: u32) -> i32 {
    let at = |world: &TestWorld| world.get::<Motion>(1).unwrap().segment().at(world.now()).x;
    let before = at(world);
    for _ in 0..ticks {
        world.tick();
        world.check_views(true);
    }
    at(world) - before
}

fn is_still(world: &TestWorld) -> bool {
    world.get::<Motion>(1).unwrap().segment().gait.heading.is_still()
}

#[test]
fn a_player_stands_at_once_by_default() {
    let mut world = world(OnDrop::default());
    world.drop_link(1);
    // As with a command, it makes the step of this tick.
    assert_eq!(went(&mut world, 1), 640);
    assert!(is_still(&world));
    assert_eq!(went(&mut world, 100), 0);
    world.resume(1);
    assert_eq!(went(&mut world, 10), 0, "also after it resumed");
    world.walk(1, Direction::East);
    assert_eq!(went(&mut world, 3), 2 * 640);
}

#[test]
fn a_player_goes_on_until_a_wall_and_then_stands() {
    let mut world = world(OnDrop::Continue);
    world.drop_link(1);
    assert_eq!(went(&mut world, 10), 6400);
    went(&mut world, 200);
    let place = world.get::<Motion>(1).unwrap().segment().position;
    assert_eq!(place.x, (WALL_X - HALF_BODY_PX) * 256);
    assert!(is_still(&world), "it does not walk against the wall for ever");
    // It would walk on if it still had its heading.
    world.teleport(1, 200 * 256, 100 * 256);
    world.tick();
    assert_eq!(went(&mut world, 10), 0);
}

#[test]
fn a_player_that_resumes_on_its_way_walks_on() {
    let mut world = world(OnDrop::Continue);
    world.drop_link(1);
    went(&mut world, 10);
    world.resume(1);
    assert_eq!(went(&mut world, 10), 6400);
    went(&mut world, 200);
    assert!(!is_still(&world), "now its client may stop it");
}

#[test]
fn a_player_slides_along_a_wall_as_long_as_it_gets_on() {
    let mut world = world(OnDrop::Continue);
    world.teleport(1, 120 * 256, 40 * 256);
    world.walk(1, Direction::Southeast);
    world.ticks(2);
    world.drop_link(1);
    world.ticks(60);
    assert!(!is_still(&world));
    world.ticks(200);
    assert!(is_still(&world), "in the corner");
}

#[test]
fn nothing_changes_if_game_logic_takes_over() {
    let mut world = world(OnDrop::Logic);
    world.drop_link(1);
    assert_eq!(went(&mut world, 10), 6400);
    went(&mut world, 200);
    assert!(!is_still(&world), "it still walks against the wall");
}

#[test]
fn a_player_that_stood_stands() {
    for on_drop in [OnDrop::Stand, OnDrop::Continue, OnDrop::Logic] {
        let mut world = world(on_drop);
        world.walk(1, Direction::Still);
        world.ticks(3);
        world.drop_link(1);
        assert_eq!(went(&mut world, 20), 0, "{on_drop:?}");
    }
}

#[test]
fn a_push_goes_on_and_then_the_player_stands() {
    for (on_drop, afterwards) in [
        (OnDrop::Stand, 0),
        (OnDrop::Continue, 0),
        (OnDrop::Logic, 10 * 640),
    ] {
        let mut world = controlled(on_drop);
        world.custom(1, "order", &Order::Push(256, 20));
        world.ticks(2);
        world.drop_link(1);
        assert_eq!(went(&mut world, 10), 2560, "{on_drop:?}");
        world.ticks(12);
        assert_eq!(went(&mut world, 10), afterwards, "{on_drop:?}");
    }
}

#[test]
fn a_carried_player_stands_when_it_is_put_down() {
    for on_drop in [OnDrop::Stand, OnDrop::Continue] {
        let mut world = controlled(on_drop);
        let (carrier, carried) = (world.client(2).player, world.client(1).player);
        world.custom(1, "order", &Order::Carry(carrier));
        world.tick();
        world.drop_link(1);
        world.walk(2, Direction::East);
        world.ticks(2);
        assert_eq!(went(&mut world, 5), 5 * 640, "{on_drop:?}");
        world.custom(2, "order", &Order::PutDown(carried));
        world.ticks(2);
        assert_eq!(went(&mut world, 10), 0, "{on_drop:?}");
    }
}

#[test]
fn a_locked_player_moves_until_game_logic_releases_it() {
    let mut world = controlled(OnDrop::Stand);
    world.custom(1, "order", &Order::Lock);
    world.tick();
    world.drop_link(1);
    assert_eq!(went(&mut world, 10), 6400);
    // A dropped client sends nothing. Here it stands for the game logic.
    world.custom(1, "order", &Order::Release);
    world.tick();
    assert_eq!(went(&mut world, 10), 0);
}

/// Its place is where it is among the bodies, which only the walk knows.
#[test]
fn a_player_among_bodies_stands_or_goes_on_until_one_is_in_its_way() {
    for on_drop in [OnDrop::Stand, OnDrop::Continue] {
        let mut world = TestWorld::with_plugins(config(on_drop), solids_plugin);
        start(&mut world);
        let place = world.position(1);
        let teleport = MoverOrder::TeleportMe(Position::from_px(100, place.y / 256));
        world.custom(2, "mover", &teleport);
        world.tick();
        world.drop_link(1);
        let went = went(&mut world, 100);
        assert!(is_still(&world));
        match on_drop {
            OnDrop::Stand => assert_eq!(went, 640),
            _ => assert!(went > 640 && world.position(2).x > place.x + went, "{went}"),
        }
    }
}
