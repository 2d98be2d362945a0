//! Solid bodies stop players and objects of the kinds that say so. The entities of a room walk one
//! after the other, in the order of their slots.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

#[allow(dead_code, reason = "each test file uses a part of it")]
#[path = "../../../shared/tests/support/naive.rs"]
mod naive;

use std::{collections::BTreeMap, sync::Arc};

use bevy_app::App;
use naive::Walker;
use parlour_shared::{
    ids::{ObjectId, Slot},
    motion::{Blocker, BodySize, Direction, Gait, Heading, Position, Velocity, WallGrid},
};
use parlour_sim::{
    EntityKinds, Interest, Motion, Object, ObjectKind, Seat, SimConfig, Simulation, SimulationApp as _,
};
use parlour_testing::{MoverOrder, SessionActions as _, TestWorld, maps::open_map, plaza, solids_plugin};
use parlour_tick::TickOutput;
use proptest::prelude::*;

const SIDE: u16 = 12;
const PLAYERS: u64 = 3;

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
    let mut world = TestWorld::with_plugins(config(&[]), solids_plugin);
    for session in 1..=PLAYERS {
        world.open_and_join(session, "plaza");
    }
    world.tick();
    for session in 1..=PLAYERS {
        order(
            &mut world,
            session,
            &MoverOrder::TeleportMe(Position::from_px(40 * session as i32, 40)),
        );
    }
    world.tick();
    world
}

fn order(world: &mut TestWorld, session: u64, order: &MoverOrder) {
    world.custom(session, "mover", order);
}

fn launch(world: &mut TestWorld, kind: &str, place: Position, (x, y): (i16, i16)) {
    let velocity = Velocity { x, y };
    let kind = kind.to_owned();
    order(
        world,
        1,
        &MoverOrder::Launch {
            kind,
            place,
            velocity,
        },
    );
}

/// Returns the slot, the position and the gait of each object, by id.
fn objects(sim: &Simulation) -> BTreeMap<u32, (Slot, Position, Gait)> {
    let all = sim.world().iter_entities().filter_map(|entity| {
        let (object, motion) = (entity.get::<Object>()?, entity.get::<Motion>()?);
        let segment = motion.segment();
        Some((
            object.id().0,
            (object.slot(), segment.at(sim.tick()), segment.gait),
        ))
    });
    all.collect()
}

fn place(world: &TestWorld, id: u32) -> Position {
    objects(&world.sim)[&id].1
}

#[test]
fn a_gate_stops_players_until_it_opens_and_again_when_it_closes() {
    let mut world = world();
    launch(&mut world, "gate", Position::from_px(40, 80), (0, 0));
    world.walk(1, Direction::South);
    world.ticks(30);
    let before = Position::from_px(40, 80 - 4 - 8);
    assert_eq!(world.position(1), before);
    order(&mut world, 2, &MoverOrder::SetPassable(ObjectId(1), true));
    world.ticks(5);
    assert_eq!(world.position(1).y, before.y + 5 * 640, "it walks on at once");
    order(&mut world, 2, &MoverOrder::SetPassable(ObjectId(1), false));
    world.ticks(10);
    assert!(
        world.position(1).y > 100 * 256,
        "a body may leave one that it overlaps"
    );
    world.walk(1, Direction::North);
    world.ticks(60);
    assert_eq!(world.position(1), Position::from_px(40, 80 + 4 + 8));
    order(&mut world, 2, &MoverOrder::Despawn(ObjectId(1)));
    world.ticks(60);
    assert_eq!(world.position(1).y, 8 * 256);
}

#[test]
fn a_body_that_is_spawned_or_teleported_in_the_way_stops_a_walker() {
    let mut world = world();
    world.walk(1, Direction::South);
    world.walk(2, Direction::South);
    world.tick();
    launch(&mut world, "gate", Position::from_px(40, 90), (0, 0));
    launch(&mut world, "gate", Position::from_px(150, 180), (0, 0));
    world.tick();
    order(
        &mut world,
        3,
        &MoverOrder::Teleport(ObjectId(2), Position::from_px(80, 100)),
    );
    world.ticks(60);
    // The first gate covers both walkers.
    assert_eq!(world.position(1).y, (90 - 12) * 256);
    assert_eq!(world.position(2).y, (100 - 12) * 256);
}

#[test]
fn players_who_walk_into_each_other_stop_without_a_gap_and_without_overlap() {
    let mut world = world();
    world.walk(1, Direction::East);
    world.walk(2, Direction::West);
    world.ticks(40);
    let (left, right) = (world.position(1), world.position(2));
    assert_eq!(right.x - left.x, 16 * 256);
    let gaits = [1, 2].map(|session| world.get::<Motion>(session).unwrap().segment().gait);
    assert!(gaits.iter().all(|gait| gait.blocked_x));
    // One of them leaves the room, and the other one walks on.
    world.leave(2);
    world.ticks(3);
    assert_eq!(world.position(1).x, left.x + 3 * 640);
}

#[test]
fn several_plugins_can_name_the_layers_that_stop_players() {
    let world = TestWorld::with_plugins(config(&[]), |app: &mut App| {
        app.players_stopped_by(&[2])
            .players_stopped_by(&[5])
            .players_stopped_by(&[]);
        app.object_kind(ObjectKind::new("gate").layer(2));
        app.object_kind(ObjectKind::new("door").layer(5));
        app.object_kind(ObjectKind::new("chair").layer(3));
    });
    let kinds = world.sim.world().resource::<EntityKinds>();
    let kind = |name| kinds.get(kinds.find(name).unwrap()).unwrap();
    let stops = |name| kind("player").is_stopped_by(kind(name));
    assert_eq!(
        ["gate", "door", "chair", "player"].map(stops),
        [true, true, false, false]
    );
}

#[test]
fn a_world_in_which_no_layer_stops_players_has_no_solid_bodies() {
    let world = TestWorld::with_plugins(config(&[]), |app: &mut App| {
        app.players_stopped_by(&[]);
    });
    assert!(world.sim.part_names().all(|name| name != "passable"));
}

#[test]
fn a_ball_is_stopped_by_kinds_that_do_not_notice_it() {
    let mut world = world();
    launch(&mut world, "gate", Position::from_px(100, 120), (0, 0));
    launch(&mut world, "ball", Position::from_px(100, 160), (0, -500));
    launch(&mut world, "spirit", Position::from_px(20, 100), (300, 0));
    launch(&mut world, "ball", Position::from_px(60, 100), (0, 0));
    world.ticks(160);
    assert_eq!(place(&world, 2).y, (120 + 4 + 3) * 256);
    assert_eq!(
        place(&world, 3).x,
        (i32::from(SIDE) * 16 - 10) * 256,
        "a spirit passes balls and gates"
    );
}

#[test]
fn a_world_among_solid_bodies_sleeps_when_all_of_them_rest() {
    let mut world = world();
    launch(&mut world, "gate", Position::from_px(40, 80), (0, 0));
    launch(&mut world, "crate", Position::from_px(100, 80), (0, 0));
    world.walk(1, Direction::South);
    world.ticks(40);
    let quiet = (0..20).filter(|_| {
        world.tick();
        world.sim.quiet_ticks() > 0
    });
    assert!(quiet.count() > 15, "a player against a gate rests");
    order(
        &mut world,
        2,
        &MoverOrder::Turn(ObjectId(2), Velocity { x: -100, y: 0 }),
    );
    world.tick();
    assert_eq!(world.sim.quiet_ticks(), 0);
}

#[test]
fn a_pushed_object_stops_at_a_player_and_a_carried_one_does_not() {
    let mut world = world();
    launch(&mut world, "crate", Position::from_px(100, 100), (0, 0));
    order(
        &mut world,
        3,
        &MoverOrder::TeleportMe(Position::from_px(150, 100)),
    );
    world.tick();
    let push = Velocity { x: 3000, y: 0 };
    order(&mut world, 1, &MoverOrder::Push(ObjectId(1), push, 10));
    world.ticks(20);
    assert_eq!(place(&world, 1).x, (150 - 16) * 256);
    order(
        &mut world,
        1,
        &MoverOrder::PickUp(ObjectId(1), Position::default()),
    );
    world.walk(1, Direction::East);
    world.ticks(10);
    assert_eq!(
        place(&world, 1),
        world.position(1),
        "a body in the hands of a player"
    );
    order(&mut world, 1, &MoverOrder::PutDown(ObjectId(1)));
    world.ticks(10);
    assert_ne!(
        place(&world, 1),
        world.position(1),
        "its carrier may walk away from it"
    );
}

#[test]
fn a_world_that_skips_is_the_same_as_one_that_steps() {
    let mut world = world();
    let mut skipping = Simulation::load(config(&[]), solids_plugin, &world.saved()).unwrap();
    let (mut output, mut skipped) = (TickOutput::default(), 0);
    let turn = |x| MoverOrder::Turn(ObjectId(2), Velocity { x, y: 0 });
    for tick in 0..600 {
        match tick {
            0 => launch(&mut world, "gate", Position::from_px(40, 80), (0, 0)),
            1 => launch(&mut world, "crate", Position::from_px(100, 80), (0, 0)),
            5 => world.walk(1, Direction::South),
            100 => order(&mut world, 2, &turn(-70)),
            250 => order(&mut world, 2, &MoverOrder::SetPassable(ObjectId(1), true)),
            350 => order(&mut world, 2, &turn(0)),
            450 => order(&mut world, 2, &MoverOrder::Despawn(ObjectId(2))),
            500 => world.close(1),
            _ => {}
        }
        world.input.sort();
        if skipping.may_skip(&world.input) {
            skipping.skip(1);
            skipped += 1;
        } else {
            skipping.step(&mut world.input.clone(), &mut output);
        }
        world.tick();
        assert_eq!(skipping.hash(), world.sim.hash(), "at {:?}", world.now());
    }
    assert!(skipped > 200, "{skipped} ticks skipped");
}

/// What happens in a tick.
#[derive(Clone, Debug)]
enum Act {
    Nothing,
    Launch(usize, Position, Velocity),
    Turn(usize, Velocity),
    Teleport(usize, Position),
    Despawn(usize),
    SetPassable(usize, bool),
    Walk(u64, Direction, bool),
    TeleportPlayer(u64, Position),
}

const KINDS: [&str; 6] = ["player", "crate", "gate", "truck", "ball", "spirit"];

/// A body of the model: the number of its kind, and whether it stops nobody.
struct Body {
    kind: usize,
    walker: Walker,
    passable: bool,
}

/// All bodies of a room, by slot. Each walks when it is its turn.
struct Model {
    kinds: Vec<parlour_sim::Kind>,
    bodies: BTreeMap<Slot, Body>,
}

impl Model {
    fn size(&self, kind: usize) -> BodySize {
        self.kinds[kind].size()
    }

    /// Lets a body see where the others are now.
    fn look(&mut self, slot: Slot) {
        let kind = self.bodies[&slot].kind;
        let stops = |other: &Body| !other.passable && self.kinds[kind].is_stopped_by(&self.kinds[other.kind]);
        let others = self
            .bodies
            .iter()
            .filter(|(other, body)| **other != slot && stops(body));
        let blockers: Vec<Blocker> = others
            .map(|(_, body)| Blocker {
                bounds: self.size(body.kind).at(body.walker.position),
                moves: false,
            })
            .collect();
        self.bodies.get_mut(&slot).unwrap().walker.block(&blockers);
    }

    /// Moves all bodies but those that were just placed. Then each may turn.
    fn tick(&mut self, placed: Option<Slot>, turned: Option<(Slot, Heading)>) {
        let slots: Vec<Slot> = self.bodies.keys().copied().collect();
        for slot in slots {
            self.look(slot);
            let walker = &mut self.bodies.get_mut(&slot).unwrap().walker;
            if placed != Some(slot) {
                walker.step();
            }
            if let Some((_, heading)) = turned.filter(|(turned, _)| *turned == slot)
                && (walker.gait.heading != heading || placed == Some(slot))
            {
                walker.turn(heading);
            }
        }
    }
}

fn velocity() -> impl Strategy<Value = Velocity> {
    let speed = prop_oneof![2 => Just(0), 4 => -1000..1000_i16, 1 => -9000..9000_i16];
    (speed.clone(), speed).prop_map(|(x, y)| Velocity { x, y })
}

fn somewhere() -> impl Strategy<Value = Position> {
    let most = i32::from(SIDE) * 16 * 256;
    (0..most, 0..most).prop_map(|(x, y)| Position { x, y })
}

fn act() -> impl Strategy<Value = Act> {
    let direction = (0..9_usize).prop_map(|way| Direction::ALL[way]);
    prop_oneof![
        4 => Just(Act::Nothing),
        4 => (1..6_usize, somewhere(), velocity()).prop_map(|(kind, at, velocity)| Act::Launch(kind, at, velocity)),
        5 => (any::<usize>(), velocity()).prop_map(|(which, velocity)| Act::Turn(which, velocity)),
        1 => (any::<usize>(), somewhere()).prop_map(|(which, at)| Act::Teleport(which, at)),
        1 => any::<usize>().prop_map(Act::Despawn),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(which, passable)| Act::SetPassable(which, passable)),
        5 => (1..=PLAYERS, direction, any::<bool>()).prop_map(|(who, way, sprint)| Act::Walk(who, way, sprint)),
        1 => (1..=PLAYERS, somewhere()).prop_map(|(who, at)| Act::TeleportPlayer(who, at)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bodies of all kinds equal a model that steps each of them in every tick, one after the
    /// other. A loaded world and one with a shuffled schedule reach the same hashes.
    #[test]
    fn solid_bodies_equal_a_model_tick_by_tick(
        walls in prop::collection::vec((0..SIDE, 0..SIDE), 0..16),
        acts in prop::collection::vec((act(), 0..20_u32), 20..60),
        save_at in 1..20_usize,
        shuffle in any::<u64>(),
    ) {
        let config = config(&walls);
        let grid = &config.maps[0].walls;
        let mut world = TestWorld::with_plugins(config.clone(), solids_plugin);
        let mut shuffled = Simulation::with_plugins(config.clone(), solids_plugin);
        shuffled.shuffle_schedule(shuffle);
        let mut loaded: Option<Simulation> = None;
        let mut other = TickOutput::default();
        (1..=PLAYERS).for_each(|session| world.open_and_join(session, "plaza"));
        world.input.sort();
        shuffled.step(&mut world.input.clone(), &mut other);
        world.tick();
        let kinds = world.sim.world().resource::<EntityKinds>();
        let mut model = Model {
            kinds: KINDS.map(|name| kinds.get(kinds.find(name).unwrap()).unwrap().clone()).to_vec(),
            bodies: BTreeMap::new(),
        };
        let ghosts = WallGrid::new(SIDE, SIDE, 16);
        let grid_of = |kind: usize| if KINDS[kind] == "spirit" { &ghosts } else { grid };
        for session in 1..=PLAYERS {
            let slot = world.get::<Seat>(session).unwrap().slot;
            prop_assume!(grid.is_free(world.position(session)));
            let walker = Walker::new(grid, world.position(session));
            model.bodies.insert(slot, Body { kind: 0, walker, passable: false });
        }
        let mut slots: BTreeMap<u32, Slot> = BTreeMap::new();
        let mut launched = 0;
        for (number, (act, pause)) in acts.into_iter().enumerate() {
            if number == save_at {
                loaded = Some(Simulation::load(config.clone(), solids_plugin, &world.saved()).unwrap());
            }
            let (mut placed, mut turned) = (None, None);
            let pick = |which: usize| slots.iter().nth(which % slots.len().max(1)).map(|(id, slot)| (*id, *slot));
            let mut new = None;
            match act {
                Act::Nothing => {}
                Act::Launch(kind, at, velocity) => if grid_of(kind).is_free_for(model.size(kind), at) {
                    let walker = Walker::with_body(grid_of(kind), model.size(kind), at);
                    launched += 1;
                    new = Some((Body { kind, walker, passable: false }, Heading::free(velocity)));
                    launch(&mut world, KINDS[kind], at, (velocity.x, velocity.y));
                },
                Act::Turn(which, velocity) => if let Some((id, slot)) = pick(which) {
                    turned = Some((slot, Heading::free(velocity)));
                    order(&mut world, 1, &MoverOrder::Turn(ObjectId(id), velocity));
                },
                Act::Teleport(which, at) => if let Some((id, slot)) = pick(which) {
                    let body = model.bodies.get_mut(&slot).unwrap();
                    if body.walker.is_free(at) {
                        body.walker.position = at;
                        body.walker.gait = Gait::default();
                        placed = Some(slot);
                        order(&mut world, 1, &MoverOrder::Teleport(ObjectId(id), at));
                    }
                },
                Act::Despawn(which) => if let Some((id, slot)) = pick(which) {
                    model.bodies.remove(&slot);
                    slots.remove(&id);
                    order(&mut world, 1, &MoverOrder::Despawn(ObjectId(id)));
                },
                Act::SetPassable(which, passable) => if let Some((id, slot)) = pick(which) {
                    model.bodies.get_mut(&slot).unwrap().passable = passable;
                    order(&mut world, 1, &MoverOrder::SetPassable(ObjectId(id), passable));
                },
                Act::Walk(session, way, sprint) => {
                    let slot = world.get::<Seat>(session).unwrap().slot;
                    let heading = if sprint { Heading::sprint(way) } else { Heading::walk(way) };
                    turned = Some((slot, heading));
                    if sprint { world.sprint(session, way) } else { world.walk(session, way) }
                }
                Act::TeleportPlayer(session, at) => if grid.is_free(at) {
                    let slot = world.get::<Seat>(session).unwrap().slot;
                    let body = model.bodies.get_mut(&slot).unwrap();
                    body.walker.position = at;
                    body.walker.gait = Gait::default();
                    placed = Some(slot);
                    order(&mut world, session, &MoverOrder::TeleportMe(at));
                },
            }
            for _ in 0..=pause {
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
                let found = objects(&world.sim);
                if let Some((body, heading)) = new.take() {
                    let slot = found[&launched].0;
                    slots.insert(launched, slot);
                    model.bodies.insert(slot, body);
                    (placed, turned) = (Some(slot), Some((slot, heading)));
                }
                model.tick(placed.take(), turned.take());
                for session in 1..=PLAYERS {
                    let walker = &model.bodies[&world.get::<Seat>(session).unwrap().slot].walker;
                    let segment = world.get::<Motion>(session).unwrap().segment();
                    prop_assert_eq!(segment.at(world.now()), walker.position, "player {}", session);
                    prop_assert_eq!(segment.gait, walker.gait, "player {}", session);
                }
                for (id, slot) in &slots {
                    let walker = &model.bodies[slot].walker;
                    let (_, position, gait) = found[id];
                    prop_assert_eq!((position, gait), (walker.position, walker.gait), "object {}", id);
                }
            }
        }
    }
}
