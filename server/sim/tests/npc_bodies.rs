//! Objects that walk along paths among other bodies: they are blocked and go on, are pushed and
//! come back, have any size, and let a world sleep when they stand still.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::ObjectId,
    motion::{BodySize, Position, Velocity, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    FollowPaths, FromPlayer, InRoom, MaySleep, Motion, Object, ObjectKind, Objects, Route, RouteStatus,
    SimConfig, Simulation, SimulationApp, Steer, StepSet, TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, maps::map, teleport_plugin};
use parlour_tick::{TickInput, TickOutput};
use serde::{Deserialize, Serialize};

/// Layers of bodies.
const GUARDS: u8 = 1;
const CRATES: u8 = 2;

/// The body of the message `order`.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Order {
    Spawn(String, Position, Option<u16>),
    Despawn(ObjectId),
    Go(ObjectId, Position),
    Push(ObjectId, Velocity),
    Put(ObjectId, Position),
}

/// Objects that walk: `guard` (16 x 16 px, stopped by players, guards and crates), `cart` (40 x 24
/// px), and `ghost`, which passes walls. And `crate`, which stops guards.
fn logic(app: &mut App) {
    app.follow_paths(5_000);
    app.object_kind(
        ObjectKind::new("guard")
            .layer(GUARDS)
            .stopped_by(&[0, GUARDS, CRATES]),
    );
    app.object_kind(ObjectKind::new("crate").layer(CRATES));
    app.object_kind(ObjectKind::new("cart").size_px(40, 24).layer(GUARDS));
    app.object_kind(ObjectKind::new("ghost").passes_walls().layer(GUARDS));
    app.player_message::<Order>("order");
    app.add_systems(
        TickSchedule,
        (obey, push)
            .chain()
            .before(FollowPaths)
            .in_set(StepSet::Simulate)
            .in_set(MaySleep),
    );
}

fn find(objects: &Query<(Entity, &Object)>, id: ObjectId) -> Option<Entity> {
    let found = objects.iter().find(|(_, object)| object.id() == id);
    found.map(|(entity, _)| entity)
}

fn obey(
    mut orders: MessageReader<FromPlayer<Order>>,
    players: Query<&InRoom>,
    all: Query<(Entity, &Object)>,
    mut routes: Query<&mut Route>,
    mut objects: Objects,
    mut commands: Commands,
) {
    for order in orders.read() {
        match &order.message {
            Order::Spawn(kind, place, speed) => {
                let room = players.get(order.player).unwrap().0;
                let mut spawned = objects.spawn(room, kind, *place).unwrap();
                if let Some(speed) = speed {
                    spawned.insert(Route::new(*speed));
                }
            }
            Order::Despawn(id) => {
                if let Some(object) = find(&all, *id) {
                    commands.entity(object).try_despawn();
                }
            }
            Order::Go(id, target) => {
                if let Some(mut route) = find(&all, *id).and_then(|object| routes.get_mut(object).ok()) {
                    route.go_to(*target);
                }
            }
            Order::Push(..) | Order::Put(..) => {}
        }
    }
}

fn push(mut orders: MessageReader<FromPlayer<Order>>, all: Query<(Entity, &Object)>, mut steer: Steer) {
    for order in orders.read() {
        match order.message {
            Order::Push(id, velocity) => {
                if let Some(object) = find(&all, id) {
                    steer.set_velocity(object, velocity);
                }
            }
            Order::Put(id, place) => {
                if let Some(object) = find(&all, id) {
                    steer.teleport(object, place);
                }
            }
            _ => {}
        }
    }
}

/// 40 x 20 tiles. Two rooms, left and right, with a gap of one tile in row 2, and one of four tiles
/// in the rows 12 to 15.
fn config() -> SimConfig {
    let mut walls = WallGrid::new(40, 20, 16);
    (0..20)
        .filter(|row| *row != 2 && !(12..16).contains(row))
        .for_each(|row| walls.block(20, row));
    let map = map("hall", walls, tile(36, 18), Vec::new());
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules = generous_rules();
    config
}

/// The centre of a tile.
fn tile(column: i32, row: i32) -> Position {
    Position::from_px(16 * column + 8, 16 * row + 8)
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), logic);
    world.open_and_join(1, "hall");
    world.tick();
    world
}

fn order(world: &mut TestWorld, order: Order) {
    world.custom(1, "order", &order);
}

fn spawn(world: &mut TestWorld, kind: &str, place: Position) {
    order(world, Order::Spawn(kind.into(), place, Some(640)));
    world.tick();
}

fn go(world: &mut TestWorld, id: u32, target: Position) {
    order(world, Order::Go(ObjectId(id), target));
    world.tick();
}

fn get<C: Component>(sim: &Simulation, id: u32) -> &C {
    let mut entities = sim.world().iter_entities();
    let object = entities.find(|entity| {
        let object = entity.get::<Object>();
        object.is_some_and(|object| object.id() == ObjectId(id))
    });
    object.unwrap().get::<C>().unwrap()
}

fn status(world: &TestWorld, id: u32) -> RouteStatus {
    get::<Route>(&world.sim, id).status()
}

fn place(world: &TestWorld, id: u32) -> Position {
    get::<Motion>(&world.sim, id).segment().at(world.now())
}

/// Runs until an object has a status. Checks that its body is free of walls.
#[track_caller]
fn run_until(world: &mut TestWorld, id: u32, expected: RouteStatus, body: BodySize) {
    for _ in 0..1_000 {
        world.tick();
        let here = place(world, id);
        assert!(config().maps[0].walls.is_free_for(body, here), "{here:?}");
        if status(world, id) == expected {
            return;
        }
    }
    panic!("object {id} is {:?} at {:?}", status(world, id), place(world, id));
}

#[test]
fn the_path_of_an_object_that_passes_walls_leads_through_them() {
    let mut world = world();
    spawn(&mut world, "ghost", tile(12, 8));
    go(&mut world, 1, tile(28, 8));
    let mut ticks = 0;
    while status(&world, 1) != RouteStatus::Arrived {
        world.tick();
        ticks += 1;
        assert!(ticks < 200, "{:?} at {:?}", status(&world, 1), place(&world, 1));
        assert_eq!(place(&world, 1).y, tile(12, 8).y, "straight through the wall");
    }
    assert_eq!(place(&world, 1), tile(28, 8));
    // A tile of the wall itself is free for it.
    go(&mut world, 1, tile(20, 8));
    world.ticks(150);
    assert_eq!(status(&world, 1), RouteStatus::Arrived);
    assert_eq!(place(&world, 1), tile(20, 8));
}

#[test]
fn a_blocked_object_goes_on_when_nothing_blocks_it() {
    let mut world = world();
    spawn(&mut world, "guard", tile(4, 2));
    order(&mut world, Order::Spawn("crate".into(), tile(12, 2), None));
    world.tick();
    go(&mut world, 1, tile(30, 2));
    run_until(&mut world, 1, RouteStatus::Blocked, BodySize::PLAYER);
    assert_eq!(place(&world, 1), tile(11, 2), "flush with the crate");
    world.ticks(100);
    assert_eq!(status(&world, 1), RouteStatus::Blocked);
    order(&mut world, Order::Despawn(ObjectId(2)));
    run_until(&mut world, 1, RouteStatus::Walking, BodySize::PLAYER);
    run_until(&mut world, 1, RouteStatus::Arrived, BodySize::PLAYER);
    assert_eq!(place(&world, 1), tile(30, 2));
}

#[test]
fn a_player_blocks_a_guard_until_it_walks_away() {
    let mut world = TestWorld::with_plugins(config(), (logic, teleport_plugin));
    world.open_and_join(1, "hall");
    world.tick();
    spawn(&mut world, "guard", tile(4, 2));
    let Position { x, y } = tile(20, 2);
    world.teleport(1, x, y);
    go(&mut world, 1, tile(30, 2));
    run_until(&mut world, 1, RouteStatus::Blocked, BodySize::PLAYER);
    assert_eq!(place(&world, 1), tile(19, 2));
    world.walk(1, parlour_shared::motion::Direction::East);
    run_until(&mut world, 1, RouteStatus::Walking, BodySize::PLAYER);
    world.check_views(false);
}

#[test]
fn a_blocked_object_can_be_sent_somewhere_else() {
    let mut world = world();
    spawn(&mut world, "guard", tile(4, 2));
    order(&mut world, Order::Spawn("crate".into(), tile(12, 2), None));
    world.tick();
    go(&mut world, 1, tile(30, 2));
    run_until(&mut world, 1, RouteStatus::Blocked, BodySize::PLAYER);
    go(&mut world, 1, tile(6, 15));
    run_until(&mut world, 1, RouteStatus::Arrived, BodySize::PLAYER);
    assert_eq!(place(&world, 1), tile(6, 15));
}

#[test]
fn two_guards_do_not_walk_through_each_other() {
    let mut world = world();
    spawn(&mut world, "guard", tile(4, 2));
    spawn(&mut world, "guard", tile(16, 2));
    order(&mut world, Order::Go(ObjectId(1), tile(16, 2)));
    go(&mut world, 2, tile(4, 2));
    for _ in 0..200 {
        world.tick();
        let (one, other) = (place(&world, 1), place(&world, 2));
        assert!(
            one.y != other.y || (one.x - other.x).abs() >= 16 * 256,
            "{one:?} {other:?}"
        );
    }
    assert_eq!([status(&world, 1), status(&world, 2)], [RouteStatus::Blocked; 2]);
    // Both make way.
    order(&mut world, Order::Go(ObjectId(1), tile(4, 6)));
    go(&mut world, 2, tile(16, 6));
    world.ticks(200);
    assert_eq!([status(&world, 1), status(&world, 2)], [RouteStatus::Arrived; 2]);
}

#[test]
fn a_pushed_object_comes_back_to_its_path() {
    let mut world = world();
    spawn(&mut world, "guard", tile(4, 5));
    go(&mut world, 1, tile(18, 5));
    world.ticks(20);
    order(&mut world, Order::Push(ObjectId(1), Velocity { x: 0, y: 2_000 }));
    order(&mut world, Order::Put(ObjectId(1), tile(8, 8)));
    world.tick();
    assert_ne!(place(&world, 1).y, tile(4, 5).y);
    run_until(&mut world, 1, RouteStatus::Arrived, BodySize::PLAYER);
    assert_eq!(place(&world, 1), tile(18, 5));
}

#[test]
fn a_large_body_takes_the_wide_gap() {
    let mut world = world();
    spawn(&mut world, "cart", tile(6, 2));
    let body = BodySize {
        half_x: 20 * 256,
        half_y: 12 * 256,
    };
    go(&mut world, 1, tile(34, 3));
    run_until(&mut world, 1, RouteStatus::Arrived, body);
    assert_eq!(place(&world, 1), tile(34, 3));
    // It does not fit into the corner.
    go(&mut world, 1, tile(39, 19));
    run_until(&mut world, 1, RouteStatus::NoPath, body);
    assert_eq!(place(&world, 1), tile(34, 3));
}

#[test]
fn a_world_sleeps_while_its_objects_stand_still() {
    let mut sim = Simulation::with_plugins(config(), logic);
    let mut awake = Simulation::with_plugins(config(), logic);
    let mut input = TickInput::default();
    input.open_and_join(1, "hall");
    let mut run = |sim: &mut Simulation, input: &mut TickInput, ticks: u32| {
        let mut stepped = 0;
        for _ in 0..ticks {
            awake.step(&mut input.clone(), &mut TickOutput::default());
            if sim.may_skip(input) {
                sim.skip(1);
            } else {
                sim.step(input, &mut TickOutput::default());
                stepped += 1;
            }
            assert_eq!(sim.hash(), awake.hash(), "the same as without sleep");
            input.events.clear();
        }
        stepped
    };
    run(&mut sim, &mut input, 100);
    input.custom(1, "order", &Order::Spawn("guard".into(), tile(4, 2), Some(640)));
    run(&mut sim, &mut input, 100);
    // 26 tiles at 2.5 px per tick: 166.4 ticks.
    input.custom(1, "order", &Order::Go(ObjectId(1), tile(30, 2)));
    assert_eq!(run(&mut sim, &mut input, 150), 150);
    assert_eq!(get::<Route>(&sim, 1).status(), RouteStatus::Walking);
    let stepped = run(&mut sim, &mut input, 500);
    assert!(stepped < 100, "{stepped} ticks");
    assert_eq!(get::<Route>(&sim, 1).status(), RouteStatus::Arrived);
    // Blocked: it presses against the crate, and the world sleeps until the crate is gone.
    input.custom(1, "order", &Order::Spawn("crate".into(), tile(10, 2), None));
    input.custom(1, "order", &Order::Go(ObjectId(1), tile(4, 2)));
    run(&mut sim, &mut input, 300);
    assert_eq!(get::<Route>(&sim, 1).status(), RouteStatus::Blocked);
    let stepped = run(&mut sim, &mut input, 500);
    assert!(stepped < 100, "{stepped} ticks");
    input.custom(1, "order", &Order::Despawn(ObjectId(2)));
    run(&mut sim, &mut input, 100);
    assert_eq!(get::<Route>(&sim, 1).status(), RouteStatus::Arrived);
}

/// Random orders for guards among crates.
fn random_orders(input: &mut TickInput, tick: u32) {
    if tick == 1 {
        (1..=3).for_each(|session| input.open_and_join(session, "hall"));
        return;
    }
    let random = &mut Stream::new(9, tick.into(), Purpose::Game);
    let id = ObjectId(1 + random.below(40));
    let column = if random.below(2) == 0 { 1 } else { 22 };
    let place = tile(column + random.below(17) as i32, 1 + random.below(18) as i32);
    let velocity = |random: &mut Stream| random.below(4_000) as i16 - 2_000;
    let direction = parlour_shared::motion::Direction::ALL[random.below(9) as usize];
    match random.below(40) {
        0..3 if tick < 600 => {
            let kind = ["guard", "guard", "crate", "cart", "ghost"][random.below(5) as usize];
            let speed = 200 + random.below(2_000) as u16;
            input.custom(1, "order", &Order::Spawn(kind.into(), place, Some(speed)));
        }
        3..12 => input.custom(1, "order", &Order::Go(id, place)),
        12 => {
            let velocity = Velocity {
                x: velocity(random),
                y: velocity(random),
            };
            input.custom(1, "order", &Order::Push(id, velocity));
        }
        13 => input.custom(1, "order", &Order::Put(id, place)),
        14 if tick > 300 => input.custom(1, "order", &Order::Despawn(id)),
        15 => input.walk(1 + u64::from(random.below(3)), direction),
        _ => {}
    }
}

#[test]
fn random_guards_among_bodies_are_seen_exactly_and_go_on_in_a_loaded_world() {
    let mut world = TestWorld::with_plugins(config(), logic);
    let mut loaded: Option<Simulation> = None;
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for tick in 1..1_000 {
        let mut input = TickInput::default();
        random_orders(&mut input, tick);
        for event in input.events {
            world.event(event.session.0, event.kind);
        }
        world.input.sort();
        let mut again = world.input.clone();
        world.tick();
        if tick % 7 == 0 {
            world.check_views(false);
        }
        if let Some(loaded) = &mut loaded {
            let mut output = TickOutput::default();
            loaded.step(&mut again, &mut output);
            let names: Vec<_> = loaded.part_names().collect();
            let differs = |part: &usize| output.parts[*part] != world.output.parts[*part];
            let parts: Vec<_> = (0..names.len()).filter(differs).map(|part| names[part]).collect();
            assert_eq!(output.hash, world.output.hash, "tick {tick}: {parts:?} differ");
        }
        if tick % 41 == 0 {
            let saved = world.saved();
            loaded = Some(Simulation::load(config(), logic, &saved).unwrap());
            for entity in world.sim.world().iter_entities() {
                if let Some(route) = entity.get::<Route>() {
                    *seen.entry(format!("{:?}", route.status())).or_default() += 1;
                }
            }
        }
    }
    for status in ["Walking", "Blocked", "Arrived"] {
        assert!(seen.get(status).is_some_and(|count| *count > 10), "{seen:?}");
    }
}
