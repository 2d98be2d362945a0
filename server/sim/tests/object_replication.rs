//! Replication of objects: what viewers are sent about the objects that they see, in how many
//! bytes, and that it equals the world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, SessionId, Slot},
    message::ServerMessage,
    motion::{Direction, Heading, Position, Velocity},
    snapshot::{MotionChange, OwnerChange, Snapshot, Update},
};
use parlour_sim::{
    Interest, Object, ObjectKind, Objects, OwnerLeaves, Perspective, Room, SimConfig, Simulation,
    SimulationApp as _, StepSet, TickSchedule,
};
use parlour_testing::{
    Color, MoverOrder, ObjectOrder, SessionActions as _, TestClient, TestWorld, encoded, movers_plugin,
    objects_in, objects_plugin, plaza, seen_objects, true_objects,
};
use parlour_tick::{Cadence, Pace, PaceLevel};
use serde::{Deserialize, Serialize, Serializer};

/// Bytes of a snapshot's header.
const HEADER: usize = 9;
/// Bytes of a section's count.
const COUNT: usize = 2;
/// Where the tests put objects: on open ground, in units.
const PLACE: Position = Position {
    x: 256_000,
    y: 256_000,
};

fn logic(app: &mut App) {
    objects_plugin(app);
    movers_plugin(app);
}

/// A world with two players whose ticks can be skipped.
fn quiet_world() -> TestWorld {
    let logic = (objects_plugin, movers_plugin);
    let mut world = TestWorld::with_plugins(config(Interest::All), logic);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    spawn(&mut world, "chair", at(1), Some(1));
    spawn(&mut world, "chair", at(2), Some(2));
    world.ticks(20);
    world
}

fn config(interest: Interest) -> SimConfig {
    let mut config = plaza();
    config.rules.interest = interest;
    config
}

/// A world with this many players in the plaza, all at [`PLACE`].
fn world(interest: Interest, players: u64) -> TestWorld {
    let mut world = TestWorld::with_plugins(config(interest), logic);
    (1..=players).for_each(|session| world.open_and_join(session, "plaza"));
    world.tick();
    (1..=players).for_each(|session| teleport(&mut world, session, PLACE));
    world.ticks(10);
    world
}

fn order(world: &mut TestWorld, order: &ObjectOrder) {
    world.custom(1, "order", order);
}

fn spawn(world: &mut TestWorld, kind: &str, place: Position, color: Option<u32>) {
    let spawn = ObjectOrder::Spawn {
        kind: kind.into(),
        place,
        color: color.map(Color),
    };
    order(world, &spawn);
}

fn paint(world: &mut TestWorld, id: u32, color: Option<u32>) {
    order(world, &ObjectOrder::Paint(ObjectId(id), color.map(Color)));
}

fn go(world: &mut TestWorld, id: u32, velocity: Velocity) {
    world.custom(1, "mover", &MoverOrder::Turn(ObjectId(id), velocity));
}

fn place(world: &mut TestWorld, id: u32, place: Position) {
    world.custom(1, "mover", &MoverOrder::Teleport(ObjectId(id), place));
}

/// Moves the player of a session.
fn teleport(world: &mut TestWorld, session: u64, place: Position) {
    world.custom(session, "mover", &MoverOrder::TeleportMe(place));
}

fn at(dx_px: i32) -> Position {
    Position {
        x: PLACE.x + 256 * dx_px,
        ..PLACE
    }
}

fn slot_of(world: &TestWorld, id: u32) -> Slot {
    let objects = objects_in(world.sim.world(), "plaza");
    let found = objects.iter().find(|(_, object)| object.id() == ObjectId(id));
    found.unwrap().0
}

/// Returns the only update that session 2 was sent in the last tick.
#[track_caller]
fn update(world: &TestWorld) -> &Update {
    let snapshot = world.snapshot(2).expect("a snapshot");
    assert_eq!((&snapshot.leaves[..], &snapshot.enters[..]), (&[][..], &[][..]));
    let [update] = &snapshot.updates[..] else {
        panic!("not one update: {:?}", snapshot.updates);
    };
    update
}

#[test]
fn an_object_enters_with_its_kind_place_and_components() {
    for interest in [Interest::All, Interest::Near] {
        let mut world = world(interest, 2);
        spawn(&mut world, "bell", at(20), Some(7));
        spawn(&mut world, "chair", at(30), None);
        world.ticks(6);
        let kinds = &world.client(2).room().kinds;
        let kind_of = |name: &str| kinds.iter().position(|kind| kind.name == name).unwrap();
        let view = &world.client(2).view;
        let objects: Vec<_> = view.objects().map(|(_, object, seen)| (object, seen)).collect();
        assert_eq!(objects.len(), 2);
        for (object, seen) in objects {
            let (name, components) = match object.object.0 {
                1 => ("bell", vec![(0, vec![0]), (1, vec![7])]),
                _ => ("chair", vec![]),
            };
            assert_eq!(usize::from(object.kind.0), kind_of(name));
            assert_eq!((object.owner, seen.components), (None, &components[..]));
        }
        world.check_views(interest == Interest::All);
    }
}

#[test]
fn only_what_changed_is_sent() {
    let mut world = world(Interest::All, 2);
    spawn(&mut world, "bell", at(20), Some(7));
    world.tick();
    let slot = slot_of(&world, 1);
    let unchanged = Update {
        slot,
        motion: None,
        skin: None,
        components: Vec::new(),
        owner: None,
        dropped: None,
    };
    paint(&mut world, 1, Some(8));
    world.tick();
    let components = vec![(1, vec![8])];
    let expected = Update {
        components,
        ..unchanged.clone()
    };
    assert_eq!(*update(&world), expected);
    order(&mut world, &ObjectOrder::Ring(ObjectId(1)));
    world.tick();
    let components = vec![(0, vec![1])];
    let expected = Update {
        components,
        ..unchanged.clone()
    };
    assert_eq!(*update(&world), expected);
    order(&mut world, &ObjectOrder::Take(ObjectId(1), OwnerLeaves::Release));
    world.tick();
    let owner = |player| Some(OwnerChange { player });
    let expected = Update {
        owner: owner(Some(world.client(1).player)),
        ..unchanged.clone()
    };
    assert_eq!(*update(&world), expected);
    world.leave(1);
    world.tick();
    let released = &world.snapshot(2).unwrap().updates;
    let expected = Update {
        owner: owner(None),
        ..unchanged
    };
    assert_eq!(released[..], [expected]);
    world.check_views(true);
}

#[test]
fn a_removed_component_is_sent_without_bytes() {
    let mut world = world(Interest::All, 2);
    spawn(&mut world, "chair", at(20), Some(7));
    world.tick();
    paint(&mut world, 1, None);
    world.tick();
    assert_eq!(update(&world).components, [(0, vec![])]);
    world.check_views(true);
    paint(&mut world, 1, Some(9));
    world.tick();
    assert_eq!(update(&world).components, [(0, vec![9])]);
    // Removed and added in one tick: only the result counts.
    paint(&mut world, 1, None);
    paint(&mut world, 1, Some(9));
    world.tick();
    assert_eq!(world.snapshot(2), None);
    world.check_views(true);
}

#[test]
fn a_despawned_object_leaves() {
    let mut world = world(Interest::All, 2);
    (0..3).for_each(|x| spawn(&mut world, "chair", at(x), None));
    world.tick();
    let slot = slot_of(&world, 2);
    order(&mut world, &ObjectOrder::Despawn(ObjectId(2)));
    world.tick();
    let snapshot = world.snapshot(2).unwrap();
    assert_eq!((&snapshot.leaves[..], snapshot.enters.len()), (&[slot][..], 0));
    assert_eq!(snapshot.updates, []);
    world.check_views(true);
}

#[test]
fn an_object_that_comes_and_goes_between_two_frames_is_not_sent() {
    let mut world = world(Interest::All, 2);
    world.input.pace = Pace::Fixed(Cadence::Hz10);
    world.ticks(12);
    while world.snapshot(2).is_none() {
        spawn(&mut world, "chair", at(0), None);
        world.tick();
    }
    world.tick();
    let known = world.client(2).view.objects().count() as u32;
    spawn(&mut world, "chair", at(0), None);
    world.tick();
    order(&mut world, &ObjectOrder::Despawn(ObjectId(known + 1)));
    world.ticks(10);
    assert_eq!(world.client(2).view.objects().count() as u32, known);
    world.check_views(true);
}

/// Returns a world in which an object has taken the slot of another one between two frames of
/// session 2, and the snapshot in which session 2 was sent that. Slots are random, so this tries
/// seeds until it happens.
fn reused_slot(interest: Interest) -> (TestWorld, Snapshot, Slot) {
    for seed in 0..2000 {
        let mut config = config(interest);
        config.seed = seed;
        let mut world = TestWorld::with_plugins(config, logic);
        world.input.pace = Pace::Fixed(Cadence::Hz10);
        (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
        world.tick();
        let here = world.position(1);
        spawn(&mut world, "chair", here, Some(1));
        world.ticks(12);
        let slot = slot_of(&world, 1);
        while world.snapshot(2).is_none() {
            let now = world.now().0;
            paint(&mut world, 1, Some(now));
            world.tick();
        }
        order(&mut world, &ObjectOrder::Despawn(ObjectId(1)));
        world.tick();
        spawn(&mut world, "chair", here, Some(2));
        world.tick();
        if slot_of(&world, 2) != slot {
            continue;
        }
        for _ in 0..12 {
            if let Some(snapshot) = world.snapshot(2).cloned() {
                return (world, snapshot, slot);
            }
            world.tick();
        }
    }
    panic!("none of 2000 seeds reused the slot");
}

#[test]
fn a_slot_with_a_new_object_is_left_and_entered_in_one_frame() {
    let (mut world, snapshot, slot) = reused_slot(Interest::All);
    assert_eq!(snapshot.leaves, [slot]);
    assert_eq!(snapshot.enters.len(), 1);
    assert_eq!(snapshot.enters[0].slot, slot);
    assert_eq!(snapshot.updates, []);
    world.ticks(6);
    world.check_views(true);
}

#[test]
fn a_near_slot_with_a_new_object_is_left_and_entered() {
    let (mut world, snapshot, slot) = reused_slot(Interest::Near);
    assert_eq!(snapshot.leaves, [slot]);
    world.ticks(12);
    let seen = seen_objects(&world.client(2).view, world.now());
    let ids: Vec<_> = seen.iter().map(|seen| seen.identity.object).collect();
    assert_eq!(ids, [ObjectId(2)]);
    world.check_views(false);
}

#[test]
fn a_released_viewer_is_sent_one_delta_of_all_objects() {
    // The changes of the last 8 ticks are remembered; older ones are searched.
    for (interest, between) in [
        (Interest::All, 1),
        (Interest::All, 20),
        (Interest::Near, 1),
        (Interest::Near, 20),
    ] {
        let mut world = world(interest, 3);
        (0..6).for_each(|x| spawn(&mut world, "chair", at(x), Some(0)));
        spawn(&mut world, "bell", at(10), None);
        world.ticks(10);
        let last = world.client(2).view.tick();
        world.hold(2);
        world.tick();
        paint(&mut world, 1, Some(1));
        paint(&mut world, 2, None);
        order(&mut world, &ObjectOrder::Despawn(ObjectId(3)));
        go(&mut world, 4, Velocity { x: 3, y: -2 });
        order(&mut world, &ObjectOrder::Take(ObjectId(5), OwnerLeaves::Keep));
        spawn(&mut world, "chair", at(7), Some(5));
        world.ticks(between);
        order(&mut world, &ObjectOrder::Ring(ObjectId(7)));
        go(&mut world, 4, Velocity { x: 0, y: 5 });
        world.ticks(between + 6);
        world.release(2);
        world.tick();
        let snapshot = world.snapshot(2).unwrap();
        assert_eq!(
            snapshot.base, last,
            "relative to the last snapshot before the hold"
        );
        let objects = |slot: &Slot| *slot >= Slot::FIRST_OBJECT;
        assert_eq!(snapshot.leaves.iter().filter(|slot| objects(slot)).count(), 1);
        assert_eq!(
            snapshot
                .enters
                .iter()
                .filter(|enter| objects(&enter.slot))
                .count(),
            1
        );
        let updates = snapshot.updates.iter().filter(|update| objects(&update.slot));
        assert_eq!(updates.count(), 5, "objects 1, 2, 4, 5 and 7");
        world.check_views(interest == Interest::All);
        for _ in 1..60 {
            world.tick();
            assert_eq!(world.snapshot(2), None, "nothing else follows");
        }
    }
}

#[test]
fn viewers_that_were_held_at_different_ticks_are_released_together() {
    // More than share one search for old changes.
    let sessions = 2..=14;
    for interest in [Interest::All, Interest::Near] {
        let mut world = world(interest, 14);
        (0..30).for_each(|x| spawn(&mut world, "chair", at(x), Some(0)));
        world.ticks(10);
        for session in sessions.clone() {
            world.hold(session);
            let id = session as u32;
            paint(&mut world, id, Some(id));
            order(&mut world, &ObjectOrder::Despawn(ObjectId(id + 15)));
            spawn(&mut world, "bell", at(3), Some(id));
            world.ticks(3);
        }
        world.ticks(10);
        sessions.clone().for_each(|session| world.release(session));
        world.tick();
        assert!(sessions.clone().all(|session| world.snapshot(session).is_some()));
        world.check_views(interest == Interest::All);
    }
}

#[test]
fn a_viewer_held_beyond_the_maximum_base_age_is_sent_all_objects_again() {
    let mut world = quiet_world();
    (1..=2).for_each(|session| world.hold(session));
    order(&mut world, &ObjectOrder::Despawn(ObjectId(1)));
    world.ticks(20);
    assert!(world.sim.quiet_ticks() > 65_535);
    world.sim.skip(65_535);
    (1..=2).for_each(|session| world.release(session));
    world.tick();
    let snapshot = world.snapshot(2).unwrap();
    assert_eq!((snapshot.base, snapshot.enters.len()), (None, 3));
    world.check_views(true);
    paint(&mut world, 2, Some(3));
    world.tick();
    assert_eq!(update(&world).components, [(0, vec![3])]);
}

#[test]
fn viewers_of_a_loaded_world_are_sent_its_objects() {
    for interest in [Interest::All, Interest::Near] {
        let mut world = world(interest, 2);
        (0..20).for_each(|x| spawn(&mut world, "bell", at(x), Some(x as u32)));
        world.ticks(8);
        order(&mut world, &ObjectOrder::Despawn(ObjectId(3)));
        go(&mut world, 5, Velocity { x: 100, y: 0 });
        order(&mut world, &ObjectOrder::Take(ObjectId(6), OwnerLeaves::Keep));
        world.tick();
        let saved = world.saved();
        world.sim = Simulation::load(config(interest), logic, &saved).unwrap();
        paint(&mut world, 4, Some(99));
        world.tick();
        assert_eq!(world.snapshot(2).unwrap().base, None);
        assert_eq!(world.client(2).view.objects().count(), 19);
        world.check_views(interest == Interest::All);
        for id in 7..12 {
            paint(&mut world, id, None);
            order(&mut world, &ObjectOrder::Despawn(ObjectId(id + 5)));
            spawn(&mut world, "chair", at(5), Some(id));
            world.ticks(7);
            world.check_views(interest == Interest::All);
        }
    }
}

/// Lets a session watch, and returns its client. [`serve`] passes the frames of a tick to it.
fn watch(world: &mut TestWorld, watcher: u64, room: &str, perspective: Perspective) -> TestClient {
    let entered = world.sim.watch(SessionId(watcher), room, perspective, 1).unwrap();
    let mut client = TestClient::default();
    client.apply(ServerMessage::RoomEntered(entered));
    client
}

fn serve(world: &TestWorld, watcher: u64, client: &mut TestClient) {
    client.snapshots.clear();
    let output = &world.output;
    let frames = output
        .watched
        .iter()
        .filter(|frame| frame.session == SessionId(watcher));
    frames.for_each(|frame| client.receive(frame.lane, output.payload(frame)));
}

#[test]
fn a_watcher_sees_all_objects_and_a_follower_those_of_its_player() {
    let mut world = world(Interest::Near, 2);
    for x in 0..12 {
        spawn(&mut world, "chair", at(40 * x), Some(x as u32));
    }
    world.ticks(8);
    let player = world.client(2).player;
    let mut everything = watch(&mut world, 10, "plaza", Perspective::Everyone);
    let mut followed = watch(&mut world, 11, "plaza", Perspective::Player(player));
    let mut counts = std::collections::BTreeSet::new();
    for step in 0..60_u32 {
        paint(&mut world, 1 + step % 12, Some(step));
        if step % 20 == 7 {
            order(&mut world, &ObjectOrder::Despawn(ObjectId(1 + step / 4)));
        }
        teleport(&mut world, 2, at(8 * step as i32));
        world.tick();
        serve(&world, 10, &mut everything);
        serve(&world, 11, &mut followed);
        let room = world.room("plaza").unwrap();
        let now = world.now();
        assert_eq!(
            seen_objects(&everything.view, now),
            true_objects(&world.sim, room)
        );
        let seen = seen_objects(&followed.view, now);
        assert_eq!(seen, seen_objects(&world.client(2).view, now));
        counts.insert(seen.len());
    }
    assert!(counts.len() > 2, "the player came past objects: {counts:?}");
}

/// Spawns a chair in each new room, and paints it in every fourth tick.
fn blinking_chairs(app: &mut App) {
    objects_plugin(app);
    let spawn = |mut objects: Objects, rooms: Query<Entity, Added<Room>>| {
        for room in &rooms {
            objects.spawn(room, "chair", PLACE).unwrap().insert(Color(0));
        }
    };
    let blink = |mut colors: Query<&mut Color, With<Object>>, clock: Res<parlour_sim::Clock>| {
        for mut color in colors.iter_mut().filter(|_| clock.tick.0.is_multiple_of(4)) {
            color.0 += 1;
        }
    };
    app.add_systems(
        TickSchedule,
        (spawn, blink)
            .chain()
            .in_set(StepSet::Simulate)
            .before(parlour_testing::ObeyOrders),
    );
}

#[test]
fn a_watcher_of_a_room_without_players_sees_changes() {
    let mut world = TestWorld::with_plugins(plaza(), blinking_chairs);
    world.open_and_join(1, "plaza");
    world.tick();
    world.leave(1);
    world.ticks(20);
    let mut watcher = watch(&mut world, 10, "plaza", Perspective::Everyone);
    for tick in 0..40 {
        world.tick();
        serve(&world, 10, &mut watcher);
        let room = world.room("plaza").unwrap();
        assert_eq!(
            seen_objects(&watcher.view, world.now()),
            true_objects(&world.sim, room)
        );
        let expected = tick == 0 || world.now().0.is_multiple_of(4);
        assert_eq!(!watcher.snapshots.is_empty(), expected, "at {:?}", world.now());
    }
}

#[test]
fn nearby_objects_are_sent_more_often_than_distant_ones() {
    for interest in [Interest::All, Interest::Near] {
        // Level 5: full ticks ten times a second, nearby ticks twenty times. The near radius is 150
        // px, and nearby ticks reach half of it: 70 px is within, 80 px is not.
        let mut world = world(interest, 2);
        spawn(&mut world, "chair", at(70), Some(0));
        spawn(&mut world, "chair", at(80), Some(0));
        world.ticks(10);
        world.input.pace = Pace::Adaptive(PaceLevel::new(5).unwrap());
        world.ticks(20);
        let mut newest = [0; 2];
        for tick in 1..=240 {
            paint(&mut world, 1, Some(tick));
            paint(&mut world, 2, Some(tick));
            world.tick();
            let truth = encoded(&Color(tick));
            for (_, object, seen) in world.client(2).view.objects() {
                newest[object.object.0 as usize - 1] += u32::from(seen.components[0].1 == truth);
            }
        }
        assert_eq!(newest, [80, 40], "every third and every sixth tick");
    }
}

#[test]
fn every_cadence_ends_with_the_same_objects() {
    for interest in [Interest::All, Interest::Near] {
        for pace in [
            Pace::Fixed(Cadence::Hz30),
            Pace::Fixed(Cadence::Hz20),
            Pace::Fixed(Cadence::Hz10),
            Pace::Adaptive(PaceLevel::new(1).unwrap()),
            Pace::Adaptive(PaceLevel::new(3).unwrap()),
            Pace::Adaptive(PaceLevel::new(5).unwrap()),
        ] {
            let mut world = world(interest, 3);
            world.input.pace = pace;
            for round in 0..12 {
                spawn(&mut world, "bell", at(10 * round), Some(round as u32));
                world.ticks(2);
                for id in 1..=round as u32 {
                    match (id + round as u32) % 5 {
                        0 => order(&mut world, &ObjectOrder::Despawn(ObjectId(id))),
                        1 => go(
                            &mut world,
                            id,
                            Velocity {
                                x: round as i16,
                                y: 9,
                            },
                        ),
                        2 => place(&mut world, id, at(3 * round)),
                        _ => paint(&mut world, id, Some(round as u32)),
                    }
                    world.tick();
                }
            }
            world.ticks(12);
            world.check_views(interest == Interest::All);
        }
    }
}

#[test]
fn a_change_of_velocity_costs_5_or_9_bytes() {
    let mut world = world(Interest::All, 2);
    for _ in 0..10 {
        spawn(&mut world, "chair", PLACE, None);
    }
    world.tick();
    let keys = |direction| Heading::walk(direction).velocity();
    for (moved, velocity, bytes) in [
        (1, keys(Direction::East), 5),
        (10, keys(Direction::Southwest), 5),
        (10, Heading::sprint(Direction::West).velocity(), 5),
        (1, Velocity { x: 1, y: 0 }, 9),
        (10, Velocity { x: -300, y: 7 }, 9),
        (10, Velocity { x: 3000, y: -32_000 }, 9),
        (3, keys(Direction::North), 5),
    ] {
        (1..=moved).for_each(|id| go(&mut world, id, velocity));
        world.tick();
        let turns = world.snapshot(2).unwrap().updates.iter();
        let turns = turns.filter(|update| matches!(update.motion, Some(MotionChange::Turn { .. })));
        assert_eq!(turns.count() as u32, moved, "{velocity:?}");
        let size = HEADER + COUNT + bytes * moved as usize;
        assert_eq!(world.snapshot_size(2), Some(size), "{velocity:?}");
        world.check_views(true);
        // Nothing is sent while the velocity stays the same.
        world.tick();
        assert_eq!(world.snapshot(2), None);
        world.check_views(true);
        (1..=moved).for_each(|id| go(&mut world, id, Velocity::default()));
        world.tick();
        let size = HEADER + COUNT + 5 * moved as usize;
        assert_eq!(world.snapshot_size(2), Some(size), "a stop");
        (1..=10).for_each(|id| place(&mut world, id, PLACE));
        world.tick();
    }
}

#[test]
fn nothing_is_sent_when_no_object_changes() {
    for interest in [Interest::All, Interest::Near] {
        let mut world = world(interest, 5);
        (0..40).for_each(|x| spawn(&mut world, "bell", at(x), Some(1)));
        world.ticks(20);
        for _ in 0..200 {
            world.tick();
            for session in 1..=5 {
                let size = world.snapshot_size(session);
                assert!(
                    size.is_none_or(|size| size == HEADER),
                    "only heartbeats: {size:?}"
                );
            }
        }
        world.check_views(interest == Interest::All);
    }
}

#[test]
fn a_change_out_of_sight_sends_nothing() {
    let mut world = world(Interest::Near, 2);
    spawn(&mut world, "chair", at(400), Some(0));
    spawn(&mut world, "chair", at(10), Some(0));
    world.ticks(20);
    for tick in 0..30 {
        paint(&mut world, 1, Some(tick));
        if tick == 15 {
            order(&mut world, &ObjectOrder::Despawn(ObjectId(1)));
        }
        world.tick();
        assert_eq!(world.snapshot(2), None);
    }
    let seen = world.client(2).view.objects().count();
    assert_eq!(seen, 1);
}

#[test]
fn objects_leave_and_enter_as_a_player_walks() {
    let mut world = world(Interest::Near, 2);
    (0..30).for_each(|x| spawn(&mut world, "chair", at(40 * x), Some(x as u32)));
    world.ticks(10);
    world.sprint(2, Direction::East);
    let (mut entered, mut left) = (0, 0);
    for _ in 0..300 {
        world.tick();
        world.check_views(false);
        if let Some(snapshot) = world.snapshot(2) {
            let objects = |slot: Slot| usize::from(slot >= Slot::FIRST_OBJECT);
            entered += snapshot
                .enters
                .iter()
                .map(|enter| objects(enter.slot))
                .sum::<usize>();
            left += snapshot.leaves.iter().map(|slot| objects(*slot)).sum::<usize>();
        }
    }
    assert!(entered > 10 && left > 10, "{entered} entered, {left} left");
}

#[test]
fn a_change_after_skipped_ticks_is_sent() {
    let mut world = quiet_world();
    for color in 3..7 {
        let quiet = world.sim.quiet_ticks();
        assert!(quiet > 0, "the world is quiet");
        world.sim.skip(quiet.min(5 * color));
        paint(&mut world, 1, Some(color));
        world.tick();
        assert_eq!(update(&world).components.len(), 1);
        world.check_views(true);
        world.ticks(12);
    }
}

/// A component that counts how often it is encoded.
#[derive(Component)]
struct Counted(u32);

static ENCODED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self)
    }
}

#[test]
fn a_change_is_encoded_once_for_all_viewers() {
    let logic = |app: &mut App| {
        app.object_kind(ObjectKind::new("counter").with::<Counted>("counted"));
        let spawn = |mut objects: Objects, rooms: Query<Entity, Added<Room>>| {
            for room in &rooms {
                objects.spawn(room, "counter", PLACE).unwrap().insert(Counted(0));
            }
        };
        let count = |mut counters: Query<&mut Counted>| {
            counters.iter_mut().for_each(|mut counter| counter.0 += 1);
        };
        app.add_systems(TickSchedule, (spawn, count).chain().in_set(StepSet::Simulate));
    };
    let count = |players: u64| {
        let mut world = TestWorld::with_plugins(config(Interest::All), logic);
        (1..=players).for_each(|session| world.open_and_join(session, "plaza"));
        world.tick();
        let before = ENCODED.load(std::sync::atomic::Ordering::Relaxed);
        world.ticks(15);
        assert!((1..=players).all(|session| world.snapshot(session).is_some()));
        ENCODED.load(std::sync::atomic::Ordering::Relaxed) - before
    };
    let alone = count(1);
    assert!(alone >= 15);
    assert_eq!(count(60), alone, "more viewers cost no encoding");
}
