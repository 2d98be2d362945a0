//! Objects that walk along paths: they arrive, turn only at corners, share a budget of nodes, and
//! go on in a loaded world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, SessionId},
    motion::{BodySize, Position, Segment, Velocity, WallGrid},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    Motion, Object, PathQueue, PathSearches, Route, RouteStatus, SimConfig, Simulation, SimulationApp,
    StableId,
};
use parlour_testing::{
    ObjectOrder, SessionActions as _, TestWorld, generous_rules, maps::map, objects_plugin,
};
use parlour_tick::{TickInput, TickOutput};

/// 60 x 40 tiles of 16 px with three walls, each with a gap: at the bottom, at the top, and at the
/// bottom. The tiles from (50, 5) to (54, 9) are enclosed.
fn maze() -> WallGrid {
    let mut walls = WallGrid::new(60, 40, 16);
    for (column, gap) in [(12, 36), (24, 2), (36, 36)] {
        (0..40)
            .filter(|row| !(gap..gap + 3).contains(row))
            .for_each(|row| walls.block(column, row));
    }
    for at in 0..7 {
        [(49 + at, 4), (49 + at, 10), (49, 4 + at), (55, 4 + at)]
            .into_iter()
            .for_each(|(column, row)| walls.block(column, row));
    }
    walls
}

fn config() -> SimConfig {
    let map = map("maze", maze(), Position::from_px(40, 40), Vec::new());
    let mut config = SimConfig::new(vec![Arc::new(map)]);
    config.rules = generous_rules();
    config
}

/// Game logic with this budget of nodes per tick.
fn logic(nodes: u32) -> impl Fn(&mut App) + Clone + Send + Sync + 'static {
    move |app: &mut App| {
        app.follow_paths(nodes);
        objects_plugin(app);
    }
}

fn world(nodes: u32) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(), logic(nodes));
    world.open_and_join(1, "maze");
    world.tick();
    world
}

fn order(world: &mut TestWorld, order: ObjectOrder) {
    world.custom(1, "order", &order);
}

/// The centre of a tile.
fn tile(column: i32, row: i32) -> Position {
    Position::from_px(16 * column + 8, 16 * row + 8)
}

fn spawn(world: &mut TestWorld, place: Position, speed: u16) {
    order(world, ObjectOrder::SpawnWalker(place, speed));
}

fn go(world: &mut TestWorld, id: u32, target: Position) {
    order(world, ObjectOrder::Walk(ObjectId(id), Some(target)));
}

fn get<C: Component>(sim: &Simulation, id: u32) -> &C {
    let mut entities = sim.world().iter_entities();
    let object = entities.find(|entity| {
        entity
            .get::<Object>()
            .is_some_and(|object| object.id() == ObjectId(id))
    });
    object.unwrap().get::<C>().unwrap()
}

fn segment(world: &TestWorld, id: u32) -> Segment {
    get::<Motion>(&world.sim, id).segment()
}

fn place(world: &TestWorld, id: u32) -> Position {
    segment(world, id).at(world.now())
}

fn status(world: &TestWorld, id: u32) -> RouteStatus {
    get::<Route>(&world.sim, id).status()
}

fn waiting(world: &TestWorld) -> usize {
    world.sim.world().resource::<PathSearches>().waiting()
}

#[test]
fn an_object_walks_around_walls_to_its_target() {
    for speed in [640, 1_024, 3_000] {
        let mut world = world(10_000);
        spawn(&mut world, tile(2, 2), speed);
        world.tick();
        assert_eq!(status(&world, 1), RouteStatus::Idle);
        let target = Position::from_px(16 * 45 + 3, 16 * 20 + 13);
        go(&mut world, 1, target);
        world.tick();
        assert_eq!(status(&world, 1), RouteStatus::Walking);
        let (mut ticks, mut segments, mut last) = (0, 0, segment(&world, 1));
        while status(&world, 1) == RouteStatus::Walking {
            world.tick();
            let now = segment(&world, 1);
            segments += u32::from(now != last);
            last = now;
            let here = place(&world, 1);
            assert!(
                maze().is_free_for(BodySize::PLAYER, here),
                "{here:?} overlaps a wall"
            );
            ticks += 1;
            assert!(ticks < 20_000, "it arrives");
        }
        assert_eq!(status(&world, 1), RouteStatus::Arrived);
        assert_eq!(
            place(&world, 1),
            tile(45, 20),
            "the centre of the tile with the target"
        );
        assert_eq!(segment(&world, 1).gait.velocity(), Velocity::default());
        assert!(segments < 60, "{segments} segments at speed {speed}");
        assert_eq!(get::<Route>(&world.sim, 1).target(), Some(target));
    }
}

#[test]
fn nothing_changes_between_two_turns() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 20), 640);
    world.tick();
    go(&mut world, 1, tile(9, 20));
    world.ticks(2);
    let (route, motion) = (get::<Route>(&world.sim, 1).clone(), segment(&world, 1));
    // 7 tiles of 16 px at 2.5 px per tick: 44.8 ticks.
    for _ in 0..42 {
        world.tick();
        assert_eq!(segment(&world, 1), motion);
        assert_eq!(*get::<Route>(&world.sim, 1), route);
    }
    world.ticks(3);
    assert_eq!(status(&world, 1), RouteStatus::Arrived);
}

#[test]
fn a_target_without_a_path_says_so() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    let unreachable = [
        tile(52, 7),
        tile(12, 10),
        Position::from_px(-5_000, 100),
        Position {
            x: i32::MAX,
            y: i32::MIN,
        },
    ];
    for target in unreachable {
        go(&mut world, 1, target);
        world.ticks(3);
        assert_eq!(status(&world, 1), RouteStatus::NoPath, "{target:?}");
        assert_eq!(place(&world, 1), tile(2, 2));
    }
    go(&mut world, 1, tile(3, 2));
    world.ticks(20);
    assert_eq!(status(&world, 1), RouteStatus::Arrived);
}

#[test]
fn a_search_of_a_large_map_is_given_up() {
    let map = map(
        "maze",
        WallGrid::new(400, 400, 16),
        Position::from_px(40, 40),
        Vec::new(),
    );
    let mut config = SimConfig::new(vec![Arc::new({
        let mut map = map;
        // The target is enclosed, so that the search visits everything.
        for at in 0..3 {
            map.walls.block_rect(parlour_shared::motion::TileRect {
                x: 299 + at,
                y: 299,
                w: 1,
                h: 1,
            });
            map.walls.block_rect(parlour_shared::motion::TileRect {
                x: 299 + at,
                y: 301,
                w: 1,
                h: 1,
            });
            map.walls.block_rect(parlour_shared::motion::TileRect {
                x: 299,
                y: 299 + at,
                w: 1,
                h: 1,
            });
            map.walls.block_rect(parlour_shared::motion::TileRect {
                x: 301,
                y: 299 + at,
                w: 1,
                h: 1,
            });
        }
        map
    })]);
    config.rules = generous_rules();
    let mut world = TestWorld::with_plugins(config, logic(10_000));
    world.open_and_join(1, "maze");
    world.tick();
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(300, 300));
    world.tick();
    assert_eq!(status(&world, 1), RouteStatus::Searching);
    world.ticks(PathQueue::MOST_NODES / 10_000);
    assert_eq!(status(&world, 1), RouteStatus::TooFar);
}

#[test]
fn a_target_can_change_on_the_way() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(45, 20));
    world.ticks(50);
    let before = place(&world, 1);
    // Two changes in one tick: the last one counts.
    go(&mut world, 1, tile(50, 20));
    go(&mut world, 1, tile(8, 30));
    let (mut ticks, mut last) = (0, before);
    while status(&world, 1) != RouteStatus::Arrived {
        world.tick();
        let here = place(&world, 1);
        assert!(last.distance_squared(here) <= 640 * 640, "it does not jump");
        assert!(maze().is_free(here));
        last = here;
        ticks += 1;
        assert!(ticks < 2_000);
    }
    assert_eq!(last, tile(8, 30));
}

#[test]
fn an_object_turns_around_at_the_next_tile() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    // A straight way of 30 tiles.
    go(&mut world, 1, tile(2, 32));
    world.ticks(64);
    assert!((tile(2, 11).y..=tile(2, 13).y).contains(&place(&world, 1).y));
    // One tile at 2.5 px per tick takes 6.4 ticks.
    go(&mut world, 1, tile(2, 3));
    world.ticks(9 * 7 + 2 * 7);
    assert_eq!(
        (status(&world, 1), place(&world, 1)),
        (RouteStatus::Arrived, tile(2, 3))
    );
}

#[test]
fn a_new_target_in_the_same_direction_changes_no_motion() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(2, 20));
    world.ticks(5);
    let before = segment(&world, 1);
    for row in 21..30 {
        go(&mut world, 1, tile(2, row));
        world.ticks(5);
        assert_eq!(segment(&world, 1), before, "row {row}");
    }
    world.ticks(200);
    assert_eq!(
        (status(&world, 1), place(&world, 1)),
        (RouteStatus::Arrived, tile(2, 29))
    );
}

#[test]
fn the_same_target_again_needs_no_search() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(10, 30));
    world.ticks(20);
    let before = segment(&world, 1);
    // A different position in the same tile.
    go(&mut world, 1, Position::from_px(161, 481));
    world.tick();
    assert_eq!((status(&world, 1), waiting(&world)), (RouteStatus::Walking, 0));
    assert_eq!(segment(&world, 1), before);
    world.ticks(400);
    assert_eq!(status(&world, 1), RouteStatus::Arrived);
    go(&mut world, 1, tile(10, 30));
    world.tick();
    assert_eq!(status(&world, 1), RouteStatus::Arrived);
}

#[test]
fn an_object_can_be_stopped_and_sent_on() {
    let mut world = world(10_000);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(10, 30));
    world.ticks(31);
    order(&mut world, ObjectOrder::Walk(ObjectId(1), None));
    world.tick();
    let stopped = place(&world, 1);
    assert_eq!(status(&world, 1), RouteStatus::Idle);
    world.ticks(30);
    assert_eq!(place(&world, 1), stopped);
    go(&mut world, 1, tile(10, 30));
    world.ticks(400);
    assert_eq!(place(&world, 1), tile(10, 30));
    // Stopped and sent on in one tick.
    go(&mut world, 1, tile(2, 2));
    order(&mut world, ObjectOrder::Walk(ObjectId(1), None));
    go(&mut world, 1, tile(3, 3));
    world.ticks(400);
    assert_eq!(place(&world, 1), tile(3, 3));
}

#[test]
fn an_answer_for_a_stopped_object_is_ignored() {
    // Each search takes many ticks.
    let mut world = world(5);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(45, 20));
    world.ticks(3);
    assert_eq!((status(&world, 1), waiting(&world)), (RouteStatus::Searching, 1));
    order(&mut world, ObjectOrder::Walk(ObjectId(1), None));
    world.tick();
    assert_eq!((status(&world, 1), waiting(&world)), (RouteStatus::Idle, 1));
    go(&mut world, 1, tile(4, 2));
    world.tick();
    assert_eq!((status(&world, 1), waiting(&world)), (RouteStatus::Searching, 1));
    let mut ticks = 0;
    while status(&world, 1) != RouteStatus::Arrived {
        world.tick();
        assert!((tile(2, 2).x..=tile(4, 2).x).contains(&place(&world, 1).x));
        assert_eq!(place(&world, 1).y, tile(2, 2).y);
        ticks += 1;
        assert!(ticks < 2_000);
    }
    assert_eq!(place(&world, 1), tile(4, 2));
}

#[test]
fn all_searches_share_the_budget_of_a_tick() {
    // The same search, alone, and in a queue behind four others.
    let answered = |others: u32, nodes: u32| {
        let mut world = world(nodes);
        (0..=others).for_each(|_| spawn(&mut world, tile(2, 2), 640));
        world.tick();
        (1..=others + 1).for_each(|id| go(&mut world, id, tile(45, 20)));
        let mut ticks = 0;
        while status(&world, others + 1) != RouteStatus::Walking {
            world.tick();
            ticks += 1;
        }
        assert_eq!(waiting(&world), 0);
        ticks
    };
    let nodes: u32 = answered(0, 1);
    assert!(nodes > 500, "the search uses {nodes} nodes");
    assert_eq!(answered(0, 100), nodes.div_ceil(100));
    assert_eq!(answered(4, 100), (5 * nodes).div_ceil(100));
    assert_eq!(answered(4, 1_000_000), 1);
}

#[test]
fn more_objects_than_the_queue_holds_all_get_a_path() {
    let mut world = world(200_000);
    let count = PathQueue::MOST as u32 + 50;
    for _ in 0..count {
        spawn(&mut world, tile(2, 2), 640);
    }
    world.tick();
    (1..=count).for_each(|id| go(&mut world, id, tile(4, 9)));
    world.ticks(3);
    let sim = world.sim.world();
    let routes: Vec<_> = sim
        .iter_entities()
        .filter_map(|entity| entity.get::<Route>())
        .collect();
    assert_eq!(routes.len(), count as usize);
    assert!(routes.iter().all(|route| route.status() == RouteStatus::Walking));
}

#[test]
fn a_despawned_object_does_not_hold_up_the_queue() {
    let mut world = world(5);
    spawn(&mut world, tile(2, 2), 640);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(45, 20));
    go(&mut world, 2, tile(2, 4));
    world.ticks(2);
    order(&mut world, ObjectOrder::Despawn(ObjectId(1)));
    world.ticks(5);
    assert_eq!((status(&world, 2), waiting(&world)), (RouteStatus::Walking, 0));
}

/// The budget of the worlds with random orders.
const NODES: u32 = 150;

/// Random orders for walkers.
fn random_orders(input: &mut TickInput, tick: u32) {
    let random = &mut Stream::new(3, tick.into(), Purpose::Game);
    let place = |random: &mut Stream| tile(random.below(60) as i32, random.below(40) as i32);
    if tick == 1 {
        input.open_and_join(1, "maze");
    }
    // Searches often wait for each other, but not always.
    if tick < 100 || random.below(8) == 0 {
        let id = ObjectId(1 + random.below(30));
        let order = match random.below(40) {
            0 => ObjectOrder::Despawn(id),
            1..3 => ObjectOrder::Walk(id, None),
            3..20 if tick < 100 => ObjectOrder::SpawnWalker(place(random), 100 + random.below(2_000) as u16),
            _ => ObjectOrder::Walk(id, Some(place(random))),
        };
        input.custom(1, "order", &order);
    }
}

/// Steps worlds with the same random orders, and compares their hashes. Returns what the objects
/// did.
fn compare(worlds: &mut Vec<Simulation>, ticks: std::ops::Range<u32>, load_every: u32) -> Vec<RouteStatus> {
    let mut statuses = Vec::new();
    for tick in ticks {
        let mut input = TickInput::default();
        random_orders(&mut input, tick);
        let mut hashes = Vec::new();
        for world in worlds.iter_mut() {
            let mut output = TickOutput::default();
            world.step(&mut input, &mut output);
            hashes.push((output.hash, output.parts.clone()));
        }
        for (hash, parts) in &hashes[1..] {
            let names: Vec<_> = worlds[0].part_names().collect();
            let differs = |part: &usize| parts[*part] != hashes[0].1[*part];
            let parts: Vec<_> = (0..names.len()).filter(differs).map(|part| names[part]).collect();
            assert_eq!(*hash, hashes[0].0, "tick {tick}: {parts:?} differ");
        }
        if tick % load_every == 0 {
            let mut saved = Vec::new();
            worlds[0].save(&mut saved);
            let loaded = Simulation::load(config(), logic(NODES), &saved).unwrap();
            worlds.truncate(1);
            worlds.push(loaded);
            let entities = worlds[0].world().iter_entities();
            statuses.extend(entities.filter_map(|entity| Some(entity.get::<Route>()?.status())));
        }
    }
    statuses
}

#[test]
fn a_loaded_world_walks_on_and_searches_on() {
    let mut worlds = vec![Simulation::with_plugins(config(), logic(NODES))];
    let statuses = compare(&mut worlds, 1..1_000, 37);
    for status in [
        RouteStatus::Searching,
        RouteStatus::Walking,
        RouteStatus::Arrived,
        RouteStatus::NoPath,
    ] {
        let count = statuses.iter().filter(|found| **found == status).count();
        assert!(count > 20, "{status:?}: {count}");
    }
}

#[test]
fn shuffled_schedules_walk_the_same() {
    let mut worlds: Vec<_> = (0..6)
        .map(|seed| {
            let mut world = Simulation::with_plugins(config(), logic(NODES));
            if seed > 0 {
                world.shuffle_schedule(seed);
            }
            world
        })
        .collect();
    compare(&mut worlds, 1..400, 10_000);
}

#[test]
fn a_forged_route_cannot_cause_a_panic() {
    let mut world = world(NODES);
    spawn(&mut world, tile(2, 2), 640);
    world.tick();
    go(&mut world, 1, tile(45, 20));
    world.ticks(40);
    let saved = world.saved();
    let parsed = parlour_sim::SavedState::parse(&saved).unwrap();
    let object = parsed.entity(StableId::object(ObjectId(1))).unwrap();
    let tag = world.sim.part_names().position(|name| name == "route").unwrap();
    let part = object
        .parts
        .iter()
        .find(|part| usize::from(part.tag) == tag)
        .unwrap();
    let at = part.bytes.as_ptr() as usize - saved.as_ptr() as usize;
    let mut loaded = 0;
    for byte in 0..part.bytes.len() {
        for value in [0, 1, 251, 252, 253] {
            let mut forged = saved.clone();
            forged[at + byte] = value;
            // The hash of the saved state usually shows the forgery. It is replaced by that of the
            // forged state.
            let Err(parlour_sim::LoadError::Hash { got, .. }) =
                Simulation::load(config(), logic(NODES), &forged)
            else {
                continue;
            };
            forged[4..12].copy_from_slice(&got.to_le_bytes());
            let mut sim = Simulation::load(config(), logic(NODES), &forged).unwrap();
            let mut output = TickOutput::default();
            for _ in 0..20 {
                sim.step(&mut TickInput::default(), &mut output);
            }
            assert!(sim.player(SessionId(1)).is_some());
            loaded += 1;
        }
    }
    assert!(loaded > 15, "{loaded}");
}
