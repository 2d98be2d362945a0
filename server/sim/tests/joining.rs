//! How a join finds or creates its room: modes, private rooms, locks, properties.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::message::{Join, JoinMode, Property, Refusal};
use parlour_sim::{
    FromPlayer, PropertyError, Room, RoomListing, RoomListings, Rooms, SimulationApp as _, StepSet,
    TickSchedule,
};
use parlour_testing::{SessionActions as _, TestWorld, plaza};
use parlour_tick::Report;
use serde::{Deserialize, Serialize};

fn as_mode(mode: JoinMode, room: &str) -> Join {
    Join {
        mode,
        ..Join::room(1, room)
    }
}

fn rooms(world: &TestWorld) -> usize {
    world.sim.world().resource::<Rooms>().len()
}

/// The requests of a test to change the listing of every room.
#[derive(Clone, Serialize, Deserialize)]
enum Change {
    Lock,
    Unlock,
    Publish(String, String),
    Withdraw(String),
}

fn listing_logic(app: &mut App) {
    app.player_message::<Change>("change");
    app.add_systems(TickSchedule, change.in_set(StepSet::Simulate));
}

fn change(
    mut changes: MessageReader<FromPlayer<Change>>,
    rooms: Query<Entity, With<Room>>,
    mut listings: RoomListings,
) {
    for change in changes.read() {
        for room in &rooms {
            match &change.message {
                Change::Lock => listings.lock(room),
                Change::Unlock => listings.unlock(room),
                Change::Publish(key, value) => drop(listings.publish(room, key, value)),
                Change::Withdraw(key) => listings.withdraw(room, key),
            }
        }
        // No room, and no panic.
        listings.lock(change.player);
        assert_eq!(listings.publish(change.player, "key", "value"), Ok(()));
    }
}

fn listing_world() -> TestWorld {
    let mut world = TestWorld::with_plugins(plaza(), listing_logic);
    world.open_and_join(1, "plaza");
    world.open(2);
    world.tick();
    world.forget_messages();
    world
}

fn changed(world: &mut TestWorld, change: &Change) {
    world.custom(1, "change", change);
    world.tick();
}

fn listing<'a>(world: &'a TestWorld, room: &str) -> &'a RoomListing {
    world.sim.world().get(world.room(room).unwrap()).unwrap()
}

#[test]
fn existing_enters_only_a_room_that_exists() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    world.join_as(1, as_mode(JoinMode::Existing, "plaza"));
    world.tick();
    assert_eq!(world.refusals(1), [Refusal::NoSuchRoom]);
    assert_eq!(rooms(&world), 0);
    world.open_and_join(2, "plaza");
    world.tick();
    world.join_as(1, as_mode(JoinMode::Existing, "plaza"));
    world.tick();
    assert_eq!(world.client(1).room().room, "plaza");
}

/// A room may be removed at any time, so a client cannot know.
#[test]
fn asking_for_a_room_that_is_gone_is_no_strike() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    for _ in 0..40 {
        world.join_as(1, as_mode(JoinMode::Existing, "plaza"));
        world.tick();
    }
    assert_eq!(world.closed, []);
}

#[test]
fn private_creates_a_room_that_only_its_name_opens() {
    let mut world = TestWorld::new(plaza());
    (1..=3).for_each(|session| world.open(session));
    world.join_as(1, as_mode(JoinMode::Private, "plaza/k3v9"));
    world.tick();
    assert_eq!(world.client(1).room().room, "plaza/k3v9");
    let room = world.room("plaza/k3v9").unwrap();
    assert!(world.sim.world().get::<Room>(room).unwrap().private);
    world.join(2, "plaza/k3v9");
    world.tick();
    assert_eq!(world.client(2).room().room, "plaza/k3v9");
    // Its name has an instance.
    world.join_as(3, as_mode(JoinMode::Private, "plaza"));
    world.tick();
    assert_eq!(world.refusals(3), [Refusal::NoSuchRoom]);
    // The second player who goes through a door between private rooms.
    world.join_as(3, as_mode(JoinMode::Private, "plaza/k3v9"));
    world.tick();
    assert_eq!(world.client(3).room().room, "plaza/k3v9");
    assert_eq!(rooms(&world), 1);
}

#[test]
fn a_world_alone_does_not_choose_rooms() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    for mode in [JoinMode::New, JoinMode::Any] {
        world.join_as(1, as_mode(mode, "plaza"));
        world.tick();
        assert_eq!(world.refusals(1), [Refusal::NoSuchRoom]);
    }
    assert_eq!(rooms(&world), 0);
}

#[test]
fn a_locked_room_admits_nobody_until_it_is_unlocked() {
    let mut world = listing_world();
    changed(&mut world, &Change::Lock);
    assert!(listing(&world, "plaza").is_locked());
    world.join(2, "plaza");
    world.tick();
    assert_eq!(world.refusals(2), [Refusal::RoomLocked]);
    world.join(2, "plaza/other");
    world.tick();
    assert_eq!(world.refusals(2), [], "each room has its own lock");
    changed(&mut world, &Change::Unlock);
    world.join(2, "plaza");
    world.tick();
    assert_eq!(world.client(2).room().room, "plaza");
}

#[test]
fn a_room_publishes_properties_which_a_player_reads_when_it_enters() {
    let mut world = listing_world();
    let publish = |key: &str, value: &str| Change::Publish(key.into(), value.into());
    changed(&mut world, &publish("phase", "lobby"));
    changed(&mut world, &publish("language", "de"));
    changed(&mut world, &publish("phase", "running"));
    let property = |key: &str, value: &str| Property {
        key: key.into(),
        value: value.into(),
    };
    world.join(2, "plaza");
    world.tick();
    let both = [property("language", "de"), property("phase", "running")];
    assert_eq!(world.client(2).room().properties, both);
    assert_eq!(listing(&world, "plaza").get("phase"), Some("running"));
    changed(&mut world, &Change::Withdraw("language".into()));
    assert_eq!(listing(&world, "plaza").properties(), &both[1..]);
}

#[test]
fn properties_have_bounds() {
    #[derive(Resource)]
    struct Results(Vec<Result<(), PropertyError>>);
    fn publish(rooms: Query<Entity, With<Room>>, mut listings: RoomListings, mut results: ResMut<Results>) {
        if let Some(room) = rooms.iter().next().filter(|_| results.0.is_empty()) {
            let long = "x".repeat(257);
            for (key, value) in [("", "v"), ("Key", "v"), ("key", &long), ("key", &long[1..])] {
                let published = listings.publish(room, key, value);
                results.0.push(published);
            }
            for key in ["a", "b", "c", "d", "e", "f", "g", "h", "a"] {
                let published = listings.publish(room, key, "v");
                results.0.push(published);
            }
        }
    }
    let mut world = TestWorld::with_plugins(plaza(), |app: &mut App| {
        app.insert_resource(Results(Vec::new()))
            .presentation_only::<Results>();
        app.add_systems(TickSchedule, publish.in_set(StepSet::Simulate));
    });
    world.open_and_join(1, "plaza");
    world.tick();
    let results = &world.sim.world().resource::<Results>().0;
    use PropertyError::{Key, TooMany, Value};
    assert_eq!(results[..4], [Err(Key), Err(Key), Err(Value), Ok(())]);
    // The property `key` is the first of the eight.
    assert_eq!(results[4..11], [Ok(()); 7]);
    assert_eq!(results[11..], [Err(TooMany), Ok(())]);
    assert_eq!(listing(&world, "plaza").properties().len(), 8);
}

/// The node learns of a change once, and of nothing if nothing changed.
#[test]
fn a_change_of_the_listing_is_reported_once() {
    let mut world = listing_world();
    let reported = |world: &TestWorld| -> Vec<(bool, usize)> {
        let status = |report: &Report| match report {
            Report::Room(status) => Some((status.locked, status.properties.len())),
            _ => None,
        };
        world.output.reports.iter().filter_map(status).collect()
    };
    changed(&mut world, &Change::Lock);
    assert_eq!(reported(&world), [(true, 0)]);
    changed(&mut world, &Change::Lock);
    assert_eq!(reported(&world), []);
    let publish = Change::Publish("phase".into(), "lobby".into());
    world.custom(1, "change", &publish);
    world.custom(1, "change", &Change::Unlock);
    world.tick();
    assert_eq!(reported(&world), [(false, 1)]);
    changed(&mut world, &publish);
    assert_eq!(reported(&world), []);
}
