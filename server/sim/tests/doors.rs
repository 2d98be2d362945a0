//! Doors: who walks into one is in another room.
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

use std::sync::Arc;

use parlour_shared::{
    map::{Door, Map, Spawn},
    message::{LeaveReason, Refusal, ServerMessage},
    motion::{Direction, Position as Place, WallGrid},
};
use parlour_sim::{CurrentPosition, Interest, Rate, SimConfig};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, maps::door};

/// Two open maps, `a` and `b`: one appears 180 px from the door of one's map, or through the
/// other's door in its very middle.
fn config() -> SimConfig {
    let map = |name: &str, to: &str| {
        let spawn = |name: &str, x| Spawn {
            name: name.into(),
            position: Place::from_px(x, 100),
        };
        Map {
            name: name.into(),
            walls: WallGrid::new(60, 20, 16),
            spawns: vec![spawn("start", 100), spawn("gate", 300)],
            doors: vec![Door {
                to_spawn: "gate".into(),
                ..door([280, 80, 40, 40], to)
            }],
        }
    };
    let mut config = SimConfig::new(vec![Arc::new(map("a", "b")), Arc::new(map("b", "a"))]);
    config.rules = generous_rules();
    config.rules.interest = Interest::All;
    config
}

/// A session that stands at the start of `a`, found by joining until chance puts it there.
fn at_start(world: &mut TestWorld, session: u64, room: &str) {
    world.open_and_join(session, room);
    world.tick();
    while world.get::<CurrentPosition>(session).unwrap().0 != Place::from_px(100, 100) {
        world.leave(session);
        world.join(session, room);
        world.tick();
    }
    world.messages(session);
}

fn room_of(world: &TestWorld, session: u64) -> &str {
    &world.client(session).room().room
}

#[test]
fn walking_into_a_door_leads_to_the_named_place_of_the_other_map() {
    let mut world = TestWorld::new(config());
    at_start(&mut world, 1, "a");
    at_start(&mut world, 2, "a");
    world.open_and_join(3, "b");
    world.tick();
    let view = world.client(1).room().view;
    world.walk(1, Direction::East);
    // 180 px to the door's edge, 2.5 px a tick; a command moves its player from the next tick on.
    world.ticks(1 + 71);
    assert_eq!(room_of(&world, 1), "a");
    assert_eq!(
        world.get::<CurrentPosition>(1).unwrap().0,
        Place { x: 71_040, y: 25_600 },
        "277.5 px"
    );
    assert!(world.sees(2, 1).is_some() && world.sees(3, 1).is_none());
    world.messages(1);
    world.tick();
    let messages = world.messages(1);
    let [ServerMessage::RoomLeft(left), ServerMessage::RoomEntered(entered)] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!((left.request, left.reason), (0, LeaveReason::Moved));
    assert_eq!(
        (entered.request, entered.room.as_str(), entered.view),
        (0, "b", view + 1)
    );
    assert_eq!(
        world.position(1),
        Place::from_px(300, 100),
        "at the named place, standing still"
    );
    assert_eq!(
        world.snapshot(1).unwrap().base,
        None,
        "a full snapshot with the same tick"
    );
    assert!(world.sees(2, 1).is_none(), "gone for those left behind");
    assert!(world.sees(3, 1).is_some(), "there for those in the other room");
    world.check_views(true);
}

#[test]
fn who_arrives_in_a_door_does_not_bounce() {
    let mut world = TestWorld::new(config());
    at_start(&mut world, 1, "a");
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(room_of(&world, 1), "b");
    world.ticks(300);
    assert_eq!(room_of(&world, 1), "b");
    // Across the door's area: still no reason to pass it.
    world.walk(1, Direction::West);
    world.ticks(5);
    assert_eq!(room_of(&world, 1), "b");
    world.ticks(10);
    assert!(world.position(1).x < 280 * 256, "out of it");
    world.walk(1, Direction::East);
    world.ticks(10);
    assert_eq!(room_of(&world, 1), "a", "and in again: now it leads back");
    assert_eq!(world.position(1), Place::from_px(300, 100));
}

#[test]
fn a_door_leads_to_the_same_instance() {
    let mut world = TestWorld::new(config());
    at_start(&mut world, 1, "a/7");
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(room_of(&world, 1), "b/7");
}

#[test]
fn a_full_room_keeps_the_door_shut_until_the_next_way_in() {
    let mut config = config();
    config.rules.capacity = 1;
    let mut world = TestWorld::new(config);
    at_start(&mut world, 1, "a");
    world.open_and_join(2, "b");
    world.tick();
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(room_of(&world, 1), "a");
    assert_eq!(world.refusals(1), [Refusal::RoomFull]);
    world.ticks(2);
    world.leave(2);
    world.ticks(5);
    assert_eq!(room_of(&world, 1), "a", "it walks on through the door's area");
    assert_eq!(world.refusals(1), [], "and is told once");
    world.walk(1, Direction::West);
    world.ticks(20);
    world.walk(1, Direction::East);
    world.ticks(20);
    assert_eq!(room_of(&world, 1), "b");
}

#[test]
fn where_no_more_room_may_be_the_door_stays_shut_and_says_so() {
    let mut config = config();
    config.max_rooms = 1;
    let mut world = TestWorld::new(config);
    at_start(&mut world, 1, "a");
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(room_of(&world, 1), "a");
    assert_eq!(world.refusals(1), [Refusal::TooManyRooms]);
}

#[test]
fn doors_are_limited_like_joins() {
    let mut config = config();
    config.rules.rates.join = Rate {
        burst: 1,
        every_ticks: 60,
    };
    let mut world = TestWorld::teleporting(config);
    let put = |world: &mut TestWorld, y: i32, ticks: u32| {
        world.teleport(1, 300 * 256, y * 256);
        world.ticks(ticks);
    };
    world.open_and_join(1, "a");
    world.tick();
    world.messages(1);
    put(&mut world, 250, 2);
    put(&mut world, 100, 2);
    assert_eq!(room_of(&world, 1), "a", "the join took the one token");
    assert!(matches!(world.refusals(1)[..], [Refusal::RateLimited { .. }]));
    put(&mut world, 250, 60);
    put(&mut world, 100, 2);
    assert_eq!(room_of(&world, 1), "b");
}

#[test]
fn a_door_may_lead_within_a_room_that_is_full() {
    let mut config = config();
    config.rules.capacity = 1;
    let mut map = Map::clone(&config.maps[0]);
    map.doors[0].to_map = "a".into();
    map.doors[0].to_spawn = "start".into();
    config.maps[0] = Arc::new(map);
    let mut world = TestWorld::new(config);
    at_start(&mut world, 1, "a");
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(world.position(1), Place::from_px(100, 100));
    assert_eq!(world.refusals(1), []);
    world.check_views(true);
}

#[test]
fn a_door_to_a_place_without_that_name_leads_to_any() {
    let mut config = config();
    let mut map = Map::clone(&config.maps[0]);
    map.doors[0].to_spawn = "cellar".into();
    config.maps[0] = Arc::new(map);
    let mut world = TestWorld::new(config);
    at_start(&mut world, 1, "a");
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(room_of(&world, 1), "b");
    assert!([100, 300].contains(&(world.position(1).x / 256)));
}

#[test]
fn who_joins_elsewhere_in_the_tick_of_the_door_is_where_it_asked_to_be() {
    let mut world = TestWorld::new(config());
    at_start(&mut world, 1, "a");
    world.walk(1, Direction::East);
    world.ticks(72);
    world.join(1, "b/9");
    world.tick();
    assert_eq!(room_of(&world, 1), "b/9");
    world.ticks(5);
    assert_eq!(room_of(&world, 1), "b/9");
    assert_eq!(
        world.get::<parlour_sim::Motion>(1).unwrap().segment().gait,
        parlour_shared::motion::Gait::default()
    );
}

#[test]
fn two_who_enter_the_last_place_at_once_are_taken_in_order() {
    let mut config = config();
    config.rules.capacity = 2;
    let mut world = TestWorld::new(config);
    at_start(&mut world, 1, "a");
    at_start(&mut world, 2, "a");
    world.open_and_join(3, "b");
    world.tick();
    world.walk(1, Direction::East);
    world.walk(2, Direction::East);
    world.ticks(73);
    let rooms = [room_of(&world, 1), room_of(&world, 2)];
    assert!(rooms == ["a", "b"] || rooms == ["b", "a"], "{rooms:?}");
    world.check_views(true);
}
