//! Doors of a world that is not alone: a room that is not here may be in a different world.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use parlour_shared::{
    ids::SessionId,
    limits::TICK_RATE,
    map::Spawn,
    message::{Join, Refusal},
    motion::{Direction, Position as Place, WallGrid},
};
use parlour_sim::{CurrentPosition, RoomTypeConfig, SimConfig};
use parlour_testing::{
    SessionActions as _, TestWorld, generous_rules,
    maps::{door, map},
};
use parlour_tick::{Report, Reservation};

/// The map `a` has a door at 180 px east of its spawn point, to the type `b` with the map `house`.
/// The spawn point `gate` of the house is in a door that leads back.
fn config(creates_rooms_for_doors: bool) -> SimConfig {
    let open = || WallGrid::new(60, 20, 16);
    let start = Place::from_px(100, 100);
    let mut to_b = door([280, 80, 40, 40], "b");
    to_b.to_spawn = "gate".into();
    let mut house = map("house", open(), start, vec![door([480, 80, 40, 40], "a")]);
    house.spawns.push(Spawn {
        name: "gate".into(),
        position: Place::from_px(500, 100),
    });
    let mut config = SimConfig::new(vec![
        Arc::new(map("a", open(), start, vec![to_b])),
        Arc::new(house),
    ]);
    config.rules = generous_rules();
    config.room_types = vec![RoomTypeConfig {
        rules: generous_rules(),
        ..RoomTypeConfig::new("b", "house")
    }];
    config.creates_rooms_for_doors = creates_rooms_for_doors;
    config
}

fn doors(world: &TestWorld) -> Vec<Report> {
    let reports = world.output.reports.iter();
    reports
        .filter(|report| matches!(report, Report::Door { .. }))
        .cloned()
        .collect()
}

fn walk_until_door(world: &mut TestWorld) -> Vec<Report> {
    for _ in 0..300 {
        world.tick();
        let reported = doors(world);
        if !reported.is_empty() {
            return reported;
        }
    }
    panic!("no door");
}

#[test]
fn a_door_leads_to_the_type_that_the_map_names() {
    let mut world = TestWorld::new(config(true));
    world.open_and_join(1, "a/x");
    world.sprint(1, Direction::East);
    world.ticks(120);
    let entered = world.client(1).room();
    assert_eq!((entered.room.as_str(), entered.room_type.as_str()), ("b/x", "b"));
    assert_eq!(entered.map.name, "house");
    assert_eq!(entered.request, 0);
    assert!(doors(&world).is_empty());
}

#[test]
fn a_door_to_a_room_that_is_not_here_is_reported_once_and_the_player_stays() {
    let mut world = TestWorld::new(config(false));
    world.open_and_join(1, "a/x");
    world.walk(1, Direction::East);
    let report = Report::Door {
        session: SessionId(1),
        room: "b/x".into(),
        spawn: "gate".into(),
    };
    assert_eq!(walk_until_door(&mut world), [report]);
    assert_eq!(world.refusals(1), [], "only the node may refuse it");
    assert!(world.room("b/x").is_none());
    // It stands in the door for two seconds.
    world.walk(1, Direction::Still);
    for _ in 0..2 * TICK_RATE {
        world.tick();
        assert_eq!(doors(&world), []);
    }
    assert_eq!(world.client(1).room().room, "a/x");
    // It goes on through the door, and comes back into it.
    world.walk(1, Direction::East);
    world.ticks(30);
    assert_eq!(doors(&world), []);
    world.walk(1, Direction::West);
    assert_eq!(walk_until_door(&mut world).len(), 1);
}

#[test]
fn a_door_does_not_ask_again_within_a_second() {
    let mut world = TestWorld::new(config(false));
    world.open_and_join(1, "a");
    world.walk(1, Direction::East);
    walk_until_door(&mut world);
    let mut asked_after = Vec::new();
    for tick in 0..4 * TICK_RATE {
        // Three ticks out of the door, three ticks into it.
        let direction = if tick / 3 % 2 == 0 {
            Direction::West
        } else {
            Direction::East
        };
        world.walk(1, direction);
        world.tick();
        if !doors(&world).is_empty() {
            asked_after.push(tick);
        }
    }
    let second = |two: &[u32]| two[1] - two[0] >= TICK_RATE;
    assert!(
        asked_after.len() >= 2 && asked_after[0] + 1 >= TICK_RATE,
        "{asked_after:?}"
    );
    assert!(asked_after.windows(2).all(second), "{asked_after:?}");
}

#[test]
fn a_door_to_a_room_of_this_world_needs_no_node() {
    let mut world = TestWorld::new(config(false));
    world.open_and_join(1, "a");
    world.open_and_join(2, "b");
    world.walk(1, Direction::East);
    world.ticks(200);
    assert_eq!(world.client(1).room().room, "b");
}

/// What the node does in the next world: a seat at the spawn point, then a join with the ticket.
#[test]
fn a_traveller_enters_at_the_spawn_point_with_doors_shut() {
    let mut world = TestWorld::new(config(false));
    world.reserve(
        1,
        Reservation {
            ticket: "ticket".into(),
            seats: 1,
            join: Join::room(0, "b"),
            spawn: Some("gate".into()),
            answer: false,
        },
    );
    world.open(1);
    world.join_as(
        1,
        Join {
            ticket: Some("ticket".into()),
            ..Join::room(0, "b")
        },
    );
    world.tick();
    assert_eq!(world.client(1).room().room, "b");
    assert_eq!(
        world.get::<CurrentPosition>(1).unwrap().0,
        Place::from_px(500, 100)
    );
    // It stands in the door back. It walks out and in again within a second: the door is shut.
    world.walk(1, Direction::East);
    world.ticks(20);
    world.walk(1, Direction::West);
    world.ticks(35);
    assert_eq!(doors(&world), []);
    assert_eq!(world.refusals(1), Vec::<Refusal>::new());
}
