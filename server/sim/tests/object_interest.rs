//! Objects near players: the radius of each kind, hysteresis, the time between checks, and the same
//! lists whichever of the two rests, also after a load.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::collections::{BTreeMap, BTreeSet};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, Slot, Tick},
    motion::{Direction, Position, Velocity},
    rng::{Purpose, Stream},
};
use parlour_sim::{
    CurrentPosition, EntityKinds, Interest, NearRadius, Object, ObjectInterest, ObjectKind, ObjectSlots,
    ObjectSpace, Player, Room, Rooms, Seats, SimConfig, Simulation, SimulationApp as _,
};
use parlour_testing::{MoverOrder, SessionActions as _, TestWorld, movers_plugin, objects_in, plaza};
use parlour_tick::{TickInput, TickOutput};

/// Kinds with three radii: `chair` has that of the room, `bell` 600 px, `pin` 40 px.
fn logic(app: &mut App) {
    movers_plugin(app);
    app.object_kind(ObjectKind::new("chair"));
    app.object_kind(ObjectKind::new("bell").near_px(600));
    app.object_kind(ObjectKind::new("pin").near_px(40));
}

fn config(refresh_ticks: u32) -> SimConfig {
    let mut config = plaza();
    config.rules.refresh_ticks = refresh_ticks;
    config
}

fn spawn(world: &mut TestWorld, kind: &str, place: Position) {
    launch(world, kind, place, Velocity::default());
}

fn launch(world: &mut TestWorld, kind: &str, place: Position, velocity: Velocity) {
    let kind = kind.into();
    let order = MoverOrder::Launch {
        kind,
        place,
        velocity,
    };
    world.custom(1, "mover", &order);
}

fn despawn(world: &mut TestWorld, id: u32) {
    world.custom(1, "mover", &MoverOrder::Despawn(ObjectId(id)));
}

fn move_object(world: &mut TestWorld, id: u32, place: Position) {
    world.custom(1, "mover", &MoverOrder::Teleport(ObjectId(id), place));
}

fn teleport(world: &mut TestWorld, session: u64, place: Position) {
    world.custom(session, "mover", &MoverOrder::TeleportMe(place));
}

fn interest(world: &TestWorld) -> &ObjectInterest {
    let room = world.room("plaza").unwrap();
    world.sim.world().get::<ObjectInterest>(room).unwrap()
}

/// Returns the ids of the objects near the player of a session.
fn near(world: &TestWorld, session: u64) -> BTreeSet<u32> {
    let ids: BTreeMap<Slot, u32> = objects_in(world.sim.world(), "plaza")
        .iter()
        .map(|(slot, object)| (*slot, object.id().0))
        .collect();
    let slots = interest(world).near(world.client(session).slot());
    assert!(slots.is_sorted());
    slots.iter().map(|slot| ids[slot]).collect()
}

fn at(position: Position, dx: i32) -> Position {
    Position {
        x: position.x + dx,
        ..position
    }
}

#[test]
fn each_kind_has_its_radius_and_leaves_a_sixth_beyond() {
    let mut world = TestWorld::with_plugins(config(1), logic);
    world.open_and_join(1, "plaza");
    world.tick();
    let start = world.position(1);
    let kinds = [("chair", 150), ("bell", 600), ("pin", 40)];
    for (kind, _) in kinds {
        spawn(&mut world, kind, start);
    }
    world.tick();
    assert_eq!(near(&world, 1), [1, 2, 3].into());
    for (id, (_, px)) in (1..).zip(kinds) {
        let enter = px * 256;
        let leave = enter + enter / 6;
        for (distance, is_near) in [
            (leave, true),
            (leave + 1, false),
            (leave, false),
            (enter + 1, false),
            (enter, true),
            (enter + 1, true),
            (leave, true),
        ] {
            // Once the object moves away from the player, and once the player from the object.
            move_object(&mut world, id, at(start, distance));
            world.tick();
            assert_eq!(
                near(&world, 1).contains(&id),
                is_near,
                "{px} px, {distance} units"
            );
        }
        move_object(&mut world, id, start);
        world.tick();
        for (distance, is_near) in [
            (leave, true),
            (leave + 1, false),
            (enter + 1, false),
            (enter, true),
        ] {
            teleport(&mut world, 1, at(start, distance));
            world.tick();
            assert_eq!(
                near(&world, 1).contains(&id),
                is_near,
                "{px} px, {distance} units"
            );
        }
        teleport(&mut world, 1, start);
        world.tick();
    }
}

#[test]
fn what_leaves_is_forgotten_at_once() {
    let mut world = TestWorld::with_plugins(config(6), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let start = world.position(1);
    (0..3).for_each(|_| spawn(&mut world, "chair", start));
    world.ticks(6);
    assert_eq!(
        (near(&world, 1), near(&world, 2)),
        ([1, 2, 3].into(), [1, 2, 3].into())
    );
    despawn(&mut world, 2);
    let slot = world.client(2).slot();
    world.leave(2);
    world.tick();
    assert_eq!(near(&world, 1), [1, 3].into());
    assert_eq!(interest(&world).near(slot), []);
    for (object, _) in objects_in(world.sim.world(), "plaza") {
        assert_eq!(interest(&world).near_to(object), [world.client(1).slot()]);
    }
}

#[test]
fn a_player_in_a_slot_that_was_used_before_sees_what_rests_there() {
    let mut world = TestWorld::with_plugins(config(2), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let start = world.position(1);
    spawn(&mut world, "chair", start);
    // Some of these stays have the same slot: a room of two players has 64.
    let mut slots = BTreeSet::new();
    for stay in 0..70 {
        world.leave(2);
        world.join(2, "plaza");
        world.ticks(8);
        slots.insert(world.client(2).slot());
        assert_eq!(near(&world, 2), [1].into(), "stay {stay}");
    }
    assert!(slots.len() < 70);
}

#[test]
fn a_list_says_when_it_changed() {
    let mut world = TestWorld::with_plugins(config(1), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let [one, two] = [1, 2].map(|session| world.client(session).slot());
    assert_eq!(interest(&world).changed_at(one), Tick(0));
    let start = world.position(1);
    spawn(&mut world, "chair", start);
    world.tick();
    let spawned = world.now();
    assert_eq!(interest(&world).changed_at(one), spawned);
    world.ticks(10);
    assert_eq!(interest(&world).changed_at(one), spawned);
    teleport(&mut world, 2, at(start, 100_000));
    world.tick();
    assert_eq!(interest(&world).changed_at(one), spawned);
    assert_eq!(interest(&world).changed_at(two), world.now());
    despawn(&mut world, 1);
    world.tick();
    assert_eq!(interest(&world).changed_at(one), world.now());
}

#[test]
fn a_room_that_shows_all_objects_has_no_lists() {
    let mut config = config(1);
    config.rules.interest = Interest::All;
    let mut world = TestWorld::with_plugins(config, logic);
    world.open_and_join(1, "plaza");
    world.tick();
    let start = world.position(1);
    spawn(&mut world, "chair", start);
    world.ticks(7);
    assert!(near(&world, 1).is_empty());
}

#[test]
fn a_room_that_is_loaded_with_a_different_rule_follows_it() {
    let mut world = TestWorld::with_plugins(config(6), logic);
    world.open_and_join(1, "plaza");
    world.tick();
    let start = world.position(1);
    spawn(&mut world, "chair", at(start, 100 * 256));
    world.ticks(20);
    assert_eq!(near(&world, 1), [1].into());
    let (saved, slot) = (world.saved(), world.client(1).slot());
    let room = |sim: &Simulation| sim.world().resource::<Rooms>().get("plaza").unwrap();
    for (near_px, shows_all, remains) in [(150, false, 1), (80, false, 0), (150, true, 0)] {
        let mut config = config(6);
        config.rules.near_px = near_px;
        if shows_all {
            config.rules.interest = Interest::All;
        }
        let mut sim = Simulation::load(config.clone(), logic, &saved).unwrap();
        let count = |sim: &Simulation| {
            sim.world()
                .get::<ObjectInterest>(room(sim))
                .unwrap()
                .near(slot)
                .len()
        };
        assert_eq!(count(&sim), 1);
        for _ in 0..6 {
            sim.step(&mut TickInput::default(), &mut TickOutput::default());
        }
        assert_eq!(count(&sim), remains, "{near_px} px, all: {shows_all}");
        // The state hash follows the lists.
        let mut again = Vec::new();
        sim.save(&mut again);
        Simulation::load(config, logic, &again).unwrap();
    }
}

#[test]
fn the_objects_of_a_loaded_room_without_players_come_to_rest() {
    let mut world = TestWorld::with_plugins(config(6), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    let start = world.position(1);
    spawn(&mut world, "chair", start);
    world.ticks(8);
    (1..=2).for_each(|session| world.leave(session));
    world.ticks(3);
    let saved = world.saved();
    let mut sim = Simulation::load(config(6), logic, &saved).unwrap();
    let movers = |sim: &Simulation| {
        let room = sim.world().resource::<Rooms>().get("plaza").unwrap();
        sim.world().get::<ObjectSpace>(room).unwrap().mover_count()
    };
    assert_eq!(movers(&sim), 1);
    // A loaded object counts as moving in the first tick.
    for _ in 0..7 {
        sim.step(&mut TickInput::default(), &mut TickOutput::default());
    }
    assert_eq!(movers(&sim), 0);
}

/// A comparison of all pairs, each in the tick in which the slot of its player is due.
#[derive(Default)]
struct Oracle {
    /// For each stay of a player and each object: whether it is near.
    pairs: BTreeMap<((Entity, u8), ObjectId), bool>,
}

impl Oracle {
    fn check(&mut self, sim: &Simulation, room: Entity) {
        let (world, now) = (sim.world(), sim.tick().0);
        let get = |entity| world.get::<CurrentPosition>(entity).unwrap().0;
        let details = world.get::<Room>(room).unwrap();
        let rules = details.rules();
        let due = (now + details.epoch.0) % rules.refresh_ticks;
        let objects: Vec<(Slot, Object, Position)> = world
            .get::<ObjectSlots>(room)
            .unwrap()
            .iter()
            .map(|(slot, entity)| (slot, *world.get::<Object>(entity).unwrap(), get(entity)))
            .collect();
        let interest = world.get::<ObjectInterest>(room).unwrap();
        let kinds = world.resource::<EntityKinds>();
        let before = std::mem::take(&mut self.pairs);
        let mut listed = 0;
        for (slot, player) in world.get::<Seats>(room).unwrap().iter() {
            let stay = (player, world.get::<Player>(player).unwrap().view);
            for (object_slot, object, place) in &objects {
                let pair = (stay, object.id());
                let own = kinds.get(object.kind()).unwrap().near_px();
                let radius = NearRadius::from_px(own.unwrap_or(rules.near_px));
                let mut near = before.get(&pair).copied().unwrap_or(false);
                if u32::from(slot.0) % rules.refresh_ticks == due {
                    let distance = get(player).distance_squared(*place);
                    near = distance
                        <= if near {
                            radius.leave_squared
                        } else {
                            radius.enter_squared
                        };
                }
                assert_eq!(
                    interest.is_near(slot, *object_slot),
                    near,
                    "{slot:?} and {object:?} at {now}"
                );
                assert_eq!(interest.near_to(*object_slot).binary_search(&slot).is_ok(), near);
                listed += usize::from(near);
                self.pairs.insert(pair, near);
            }
        }
        // The tests use fewer slots than these.
        let (players, objects) = ((0..256).map(Slot), (0..512).map(Slot::of_object));
        let lists: usize = players.map(|slot| interest.near(slot).len()).sum();
        let other_lists: usize = objects.map(|slot| interest.near_to(slot).len()).sum();
        assert_eq!((lists, other_lists), (listed, listed), "nothing else is near");
    }
}

/// Players walk, teleport, leave and join; objects are spawned, turned, moved and despawned. With a
/// larger `calm`, most of them rest. Worlds that are loaded on the way must continue the same.
fn crowd(players: u64, refresh_ticks: u32, ticks: u32, calm: u32) {
    let mut world = TestWorld::with_plugins(config(refresh_ticks), logic);
    let mut random = Stream::new(8, players * 100 + u64::from(refresh_ticks), Purpose::Game);
    (0..=players).for_each(|session| world.open_and_join(session, "plaza"));
    let mut oracle = Oracle::default();
    let mut loaded: Vec<(Tick, Simulation)> = Vec::new();
    let anywhere = |random: &mut Stream| {
        // Often in a corner, where nearly everything is near.
        let side = if random.below(2) == 0 { 300 } else { 1900 };
        Position::from_px(20 + random.below(side) as i32, 20 + random.below(side) as i32)
    };
    for tick in 1..=ticks {
        for _ in 0..if random.below(calm) == 0 { 12 } else { 1 } {
            let session = 1 + u64::from(random.below(players as u32));
            let object = 1 + random.below(60 + tick / 2);
            let place = anywhere(&mut random);
            let velocity = any_velocity(&mut random);
            match random.below(14) {
                0..=2 => teleport(&mut world, session, place),
                3..=4 => world.walk(session, Direction::ALL[random.below(9) as usize]),
                5 => world.walk(session, Direction::Still),
                6 if session > 1 => world.leave(session),
                7 => world.join(session, "plaza"),
                8..=9 => {
                    let kind = ["chair", "bell", "pin"][random.below(3) as usize];
                    launch(&mut world, kind, place, velocity);
                }
                10 => despawn(&mut world, object),
                11 => world.custom(1, "mover", &MoverOrder::Turn(ObjectId(object), velocity)),
                _ => move_object(&mut world, object, place),
            }
        }
        world.input.sort();
        let input = world.input.clone();
        world.tick();
        let mut output = TickOutput::default();
        loaded.retain_mut(|(since, sim)| {
            sim.step(&mut input.clone(), &mut output);
            assert_eq!(
                output.hash,
                world.output.hash,
                "loaded after {since:?}, {:?}",
                world.now()
            );
            world.now().since(*since) < 30
        });
        let room = world.room("plaza").unwrap();
        oracle.check(&world.sim, room);
        if tick % 41 == 0 {
            let saved = world.saved();
            let sim = Simulation::load(config(refresh_ticks), logic, &saved).unwrap();
            let mut again = Vec::new();
            let mut sim = sim;
            sim.save(&mut again);
            assert_eq!(again, saved);
            loaded.push((world.now(), sim));
        }
    }
    assert!(oracle.pairs.values().any(|near| *near));
}

/// Half of the objects rest.
fn any_velocity(random: &mut Stream) -> Velocity {
    let moves = random.below(2) == 0;
    let mut along = || {
        if moves {
            random.below(3000) as i16 - 1500
        } else {
            0
        }
    };
    let (x, y) = (along(), along());
    Velocity { x, y }
}

#[test]
fn the_lists_of_a_small_room_equal_a_comparison_of_all_pairs() {
    for refresh_ticks in [1, 4, 6] {
        crowd(12, refresh_ticks, 250, 2);
        crowd(12, refresh_ticks, 250, 20);
    }
}

#[test]
fn the_lists_of_a_large_room_equal_a_comparison_of_all_pairs() {
    crowd(90, 6, 200, 2);
    crowd(90, 6, 300, 20);
    crowd(90, 4, 100, 5);
}
