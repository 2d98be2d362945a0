//! Objects move with any velocity. Walls stop them for their size, and what rests costs nothing.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

#[allow(dead_code, reason = "each test file uses a part of it")]
#[path = "../../../shared/tests/support/naive.rs"]
mod naive;

use std::{collections::BTreeMap, sync::Arc};

use naive::Walker;
use parlour_shared::{
    ids::ObjectId,
    motion::{Direction, Gait, Heading, Position, Velocity, WallGrid},
};
use parlour_sim::{Control, CurrentPosition, EntityKinds, Interest, Motion, Object, SimConfig, Simulation};
use parlour_testing::{
    MoverOrder, SessionActions as _, TestWorld, generous_rules,
    maps::{door, map, open_map},
    movers_plugin, plaza,
};
use parlour_tick::TickOutput;
use proptest::prelude::*;

const SIDE: u16 = 24;

fn config(walls: &[(u16, u16)]) -> SimConfig {
    let mut map = open_map("plaza", SIDE, 1);
    map.walls = WallGrid::new(SIDE, SIDE, 16);
    let blocked = walls.iter().filter(|wall| **wall != (1, 1));
    blocked.for_each(|&(column, row)| map.walls.block(column, row));
    let mut config = plaza();
    config.rules.interest = Interest::All;
    config.maps = vec![Arc::new(map)];
    config
}

fn world() -> TestWorld {
    let mut world = TestWorld::with_plugins(config(&[]), movers_plugin);
    world.open_and_join(1, "plaza");
    world.tick();
    world
}

fn order(world: &mut TestWorld, order: &MoverOrder) {
    world.custom(1, "mover", order);
}

fn launch(world: &mut TestWorld, kind: &str, place: Position, (x, y): (i16, i16)) {
    let velocity = Velocity { x, y };
    let kind = kind.to_owned();
    order(
        world,
        &MoverOrder::Launch {
            kind,
            place,
            velocity,
        },
    );
}

/// Returns where an object is and its gait, or `None` if it does not exist.
fn object(sim: &Simulation, id: u32) -> Option<(Position, Gait)> {
    let entity = sim.world().iter_entities().find(|entity| {
        entity
            .get::<Object>()
            .is_some_and(|object| object.id() == ObjectId(id))
    })?;
    let segment = entity.get::<Motion>().unwrap().segment();
    let here = segment.at(sim.tick());
    assert_eq!(entity.get::<CurrentPosition>().unwrap().0, here);
    Some((here, segment.gait))
}

fn place(world: &TestWorld, id: u32) -> Position {
    object(&world.sim, id).unwrap().0
}

#[test]
fn an_object_moves_exactly_and_keeps_its_segment() {
    let mut world = world();
    let start = Position::from_px(100, 200);
    launch(&mut world, "ball", start, (301, -7));
    launch(&mut world, "ball", start, (0, 0));
    world.tick();
    let since = world.now();
    for ticks in 0..200 {
        let expected = Position {
            x: start.x + 301 * ticks,
            y: start.y - 7 * ticks,
        };
        assert_eq!(place(&world, 1), expected);
        assert_eq!(place(&world, 2), start);
        let object = world.sim.world().iter_entities().find_map(|entity| {
            let object = entity.get::<Object>()?;
            (object.id() == ObjectId(1)).then(|| entity.get::<Motion>().unwrap().segment())
        });
        assert_eq!(object.unwrap().since, since, "one segment");
        world.tick();
    }
}

#[test]
fn game_logic_turns_stops_and_teleports_objects() {
    let mut world = world();
    launch(&mut world, "cart", Position::from_px(100, 100), (0, 0));
    world.ticks(20);
    order(
        &mut world,
        &MoverOrder::Turn(ObjectId(1), Velocity { x: 50, y: 60 }),
    );
    world.ticks(11);
    let moved = Position {
        x: 100 * 256 + 500,
        y: 100 * 256 + 600,
    };
    assert_eq!(place(&world, 1), moved);
    order(&mut world, &MoverOrder::Turn(ObjectId(1), Velocity::default()));
    world.ticks(20);
    assert_eq!(
        place(&world, 1).x,
        moved.x + 50,
        "it stops where it is at that tick"
    );
    order(
        &mut world,
        &MoverOrder::Teleport(ObjectId(1), Position::from_px(30, 40)),
    );
    world.tick();
    assert_eq!(place(&world, 1), Position::from_px(30, 40));
    world.ticks(20);
    assert_eq!(place(&world, 1), Position::from_px(30, 40));
}

#[test]
fn a_ghost_passes_walls_and_stops_at_the_edge_of_the_map() {
    let walls: Vec<_> = (0..SIDE).map(|row| (10, row)).collect();
    let mut world = TestWorld::with_plugins(config(&walls), movers_plugin);
    world.open_and_join(1, "plaza");
    world.tick();
    launch(&mut world, "ghost", Position::from_px(100, 100), (5000, 0));
    launch(&mut world, "ball", Position::from_px(100, 200), (5000, 0));
    world.ticks(100);
    let edge = i32::from(SIDE) * 16 * 256;
    assert_eq!(place(&world, 1).x, edge - 12 * 256);
    assert_eq!(place(&world, 2).x, 160 * 256 - 4 * 256);
}

#[test]
fn an_object_off_the_map_goes_nowhere_and_breaks_nothing() {
    let mut world = world();
    let far = [i32::MIN, i32::MIN + 1, -1, 1 << 30, i32::MAX - 1, i32::MAX];
    let mut ids = 0;
    for kind in ["ball", "ghost"] {
        for (x, y) in far.iter().flat_map(|x| far.iter().map(move |y| (*x, *y))) {
            let velocity = if ids % 2 == 0 {
                (32_767, 32_767)
            } else {
                (-32_767, 1)
            };
            launch(&mut world, kind, Position { x, y }, velocity);
            ids += 1;
        }
    }
    world.ticks(40);
    let before: Vec<_> = (1..=ids).map(|id| place(&world, id)).collect();
    world.ticks(200);
    let after: Vec<_> = (1..=ids).map(|id| place(&world, id)).collect();
    assert_eq!(before, after);
    assert_eq!(world.output.counts.objects, ids);
}

#[test]
fn a_push_of_an_object_ends() {
    let mut world = world();
    launch(&mut world, "ball", Position::from_px(100, 100), (0, 0));
    world.tick();
    order(
        &mut world,
        &MoverOrder::Push(ObjectId(1), Velocity { x: 900, y: 0 }, 5),
    );
    world.ticks(30);
    assert_eq!(place(&world, 1).x, 100 * 256 + 5 * 900);
}

#[test]
fn a_cart_carries_a_player_who_gets_off_beside_it() {
    let mut world = world();
    let cart = Position::from_px(100, 100);
    launch(&mut world, "cart", cart, (200, 100));
    world.tick();
    let offset = Position::from_px(-20, 4);
    order(&mut world, &MoverOrder::Ride(ObjectId(1), offset));
    world.walk(1, Direction::East);
    for _ in 0..40 {
        world.tick();
        let cart = place(&world, 1);
        let rider = Position {
            x: cart.x + offset.x,
            y: cart.y + offset.y,
        };
        assert_eq!(world.position(1), rider);
    }
    // The cart turns east, with the heading that the player wants.
    order(
        &mut world,
        &MoverOrder::Turn(ObjectId(1), Velocity { x: 640, y: 0 }),
    );
    world.ticks(5);
    let before = world.position(1);
    order(&mut world, &MoverOrder::GetOff);
    world.tick();
    assert!(!world.get::<Control>(1).unwrap().is_carried());
    assert_eq!(world.position(1).x, before.x + 640);
    world.ticks(300);
    let edge = i32::from(SIDE) * 16 * 256;
    assert_eq!(world.position(1).x, edge - 8 * 256, "a wall stops it again");
}

#[test]
fn a_player_is_put_down_where_its_cart_is_if_it_would_be_in_a_wall() {
    for despawned in [false, true] {
        let mut world = TestWorld::with_plugins(config(&[(10, 10)]), movers_plugin);
        world.open_and_join(1, "plaza");
        world.tick();
        let cart = Position::from_px(140, 168);
        launch(&mut world, "cart", cart, (0, 0));
        world.tick();
        order(
            &mut world,
            &MoverOrder::Ride(ObjectId(1), Position::from_px(28, 0)),
        );
        world.ticks(3);
        assert_eq!(
            world.position(1),
            Position::from_px(168, 168),
            "walls do not stop it"
        );
        order(
            &mut world,
            &if despawned {
                MoverOrder::Despawn(ObjectId(1))
            } else {
                MoverOrder::GetOff
            },
        );
        world.ticks(2);
        assert_eq!(world.position(1), cart);
    }
}

#[test]
fn a_player_carries_an_object_and_puts_it_down() {
    let mut world = world();
    launch(&mut world, "ball", Position::from_px(300, 300), (0, 0));
    world.tick();
    let offset = Position::from_px(0, 10);
    order(&mut world, &MoverOrder::PickUp(ObjectId(1), offset));
    world.walk(1, Direction::Southeast);
    for _ in 0..60 {
        world.tick();
        let player = world.position(1);
        assert_eq!(
            place(&world, 1),
            Position {
                x: player.x,
                y: player.y + offset.y
            }
        );
    }
    order(&mut world, &MoverOrder::PutDown(ObjectId(1)));
    world.tick();
    let put = place(&world, 1);
    world.ticks(20);
    assert_eq!(place(&world, 1), put);
}

#[test]
fn doors_are_for_players_only() {
    let maps = vec![
        Arc::new(map(
            "a",
            WallGrid::new(30, 30, 16),
            Position::from_px(100, 100),
            vec![door([150, 0, 20, 400], "b")],
        )),
        Arc::new(map(
            "b",
            WallGrid::new(30, 30, 16),
            Position::from_px(50, 50),
            vec![],
        )),
    ];
    let mut config = SimConfig::new(maps);
    config.rules = generous_rules();
    let mut world = TestWorld::with_plugins(config, movers_plugin);
    world.open_and_join(1, "a");
    world.tick();
    launch(&mut world, "ball", Position::from_px(100, 100), (640, 0));
    world.tick();
    world.walk(1, Direction::East);
    world.ticks(40);
    assert_eq!(world.client(1).room().room, "b");
    let ball = place(&world, 1);
    assert!(ball.x > 170 * 256, "{ball:?}");
    let a = world.room("a").unwrap();
    let in_a = world
        .sim
        .world()
        .iter_entities()
        .filter_map(|entity| entity.get::<Object>().copied());
    assert_eq!(in_a.map(|object| object.room()).collect::<Vec<_>>(), [a]);
}

/// Whether most of the next ticks can be skipped. Heartbeats are due in the others.
fn sleeps(world: &mut TestWorld) -> bool {
    let quiet = (0..20).filter(|_| {
        world.tick();
        world.sim.quiet_ticks() > 0
    });
    quiet.count() > 15
}

#[test]
fn a_world_with_resting_objects_is_quiet_and_one_with_a_moving_object_is_not() {
    let mut world = world();
    launch(&mut world, "ball", Position::from_px(100, 100), (0, 0));
    world.ticks(30);
    assert!(sleeps(&mut world));
    launch(&mut world, "cart", Position::from_px(100, 200), (100, 0));
    for _ in 0..100 {
        world.tick();
        assert_eq!(world.sim.quiet_ticks(), 0);
    }
    order(&mut world, &MoverOrder::Turn(ObjectId(2), Velocity::default()));
    world.ticks(30);
    assert!(sleeps(&mut world));
    // Against a wall, its heading remains, and nothing happens.
    order(
        &mut world,
        &MoverOrder::Turn(ObjectId(2), Velocity { x: -4000, y: 0 }),
    );
    world.ticks(80);
    assert_eq!(place(&world, 2).x, 20 * 256);
    assert!(sleeps(&mut world));
    order(&mut world, &MoverOrder::Despawn(ObjectId(2)));
    world.ticks(30);
    assert!(sleeps(&mut world));
}

/// What happens in a tick.
#[derive(Clone, Debug)]
enum Act {
    Nothing,
    Launch(usize, Position, Velocity),
    Turn(usize, Velocity),
    Teleport(usize, Position),
    Despawn(usize),
}

const KINDS: [&str; 3] = ["ball", "cart", "ghost"];

fn velocity() -> impl Strategy<Value = Velocity> {
    let speed = prop_oneof![Just(0), -1000..1000_i16, -9000..9000_i16, -32_767..=32_767_i16];
    (speed.clone(), speed).prop_map(|(x, y)| Velocity { x, y })
}

fn somewhere() -> impl Strategy<Value = Position> {
    let most = i32::from(SIDE) * 16 * 256;
    (0..most, 0..most).prop_map(|(x, y)| Position { x, y })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => Just(Act::Nothing),
        3 => (0..3_usize, somewhere(), velocity()).prop_map(|(kind, at, velocity)| Act::Launch(kind, at, velocity)),
        3 => (any::<usize>(), velocity()).prop_map(|(which, velocity)| Act::Turn(which, velocity)),
        1 => (any::<usize>(), somewhere()).prop_map(|(which, at)| Act::Teleport(which, at)),
        1 => any::<usize>().prop_map(Act::Despawn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Objects of all sizes and speeds equal a model that steps each of them in every tick. A
    /// loaded world and one with a shuffled schedule reach the same hashes.
    #[test]
    fn objects_equal_a_model_tick_by_tick(
        walls in prop::collection::vec((0..SIDE, 0..SIDE), 0..60),
        acts in prop::collection::vec(act(), 40..160),
        save_at in 1..40_usize,
        shuffle in any::<u64>(),
    ) {
        let config = config(&walls);
        let mut world = TestWorld::with_plugins(config.clone(), movers_plugin);
        let mut shuffled = Simulation::with_plugins(config.clone(), movers_plugin);
        shuffled.shuffle_schedule(shuffle);
        let mut loaded: Option<Simulation> = None;
        let mut models: BTreeMap<u32, Walker> = BTreeMap::new();
        let mut launched = 0;
        world.open_and_join(1, "plaza");
        let mut other = TickOutput::default();
        for (number, act) in acts.into_iter().enumerate() {
            if number == save_at {
                loaded = Some(Simulation::load(config.clone(), movers_plugin, &world.saved()).unwrap());
            }
            models.values_mut().for_each(Walker::step);
            let pick = |which: usize| {
                let count = models.len().max(1);
                models.keys().nth(which % count).copied()
            };
            if number > 0 {
                match act {
                    Act::Nothing => {}
                    Act::Launch(kind, at, velocity) => {
                        let kinds = world.sim.world().resource::<EntityKinds>();
                        let body = kinds.get(kinds.find(KINDS[kind]).unwrap()).unwrap().size();
                        let grid = match KINDS[kind] {
                            "ghost" => WallGrid::new(SIDE, SIDE, 16),
                            _ => config.maps[0].walls.clone(),
                        };
                        if grid.is_free_for(body, at) {
                            let mut model = Walker::with_body(&grid, body, at);
                            model.turn(Heading::free(velocity));
                            launched += 1;
                            models.insert(launched, model);
                            launch(&mut world, KINDS[kind], at, (velocity.x, velocity.y));
                        }
                    }
                    Act::Turn(which, velocity) => if let Some(id) = pick(which) {
                        let model = models.get_mut(&id).unwrap();
                        if model.gait.heading != Heading::free(velocity) {
                            model.turn(Heading::free(velocity));
                        }
                        order(&mut world, &MoverOrder::Turn(ObjectId(id), velocity));
                    },
                    Act::Teleport(which, at) => if let Some(id) = pick(which) {
                        let model = models.get_mut(&id).unwrap();
                        if model.is_free(at) {
                            model.position = at;
                            model.gait = Gait::default();
                            order(&mut world, &MoverOrder::Teleport(ObjectId(id), at));
                        }
                    },
                    Act::Despawn(which) => if let Some(id) = pick(which) {
                        models.remove(&id);
                        order(&mut world, &MoverOrder::Despawn(ObjectId(id)));
                    },
                }
            }
            world.input.sort();
            shuffled.step(&mut world.input.clone(), &mut other);
            let mut copied = TickOutput::default();
            if let Some(loaded) = &mut loaded {
                loaded.step(&mut world.input.clone(), &mut copied);
            }
            world.tick();
            prop_assert_eq!(other.hash, world.output.hash, "a shuffled schedule");
            if loaded.is_some() {
                prop_assert_eq!(copied.hash, world.output.hash, "a loaded world");
            }
            for (id, model) in &models {
                let found = object(&world.sim, *id).unwrap();
                prop_assert_eq!(found, (model.position, model.gait), "object {}", id);
            }
        }
    }
}
