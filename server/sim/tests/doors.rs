//! Doors: a player that walks into a door goes to a different room.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use parlour_shared::{
    map::{Door, Map, Spawn},
    message::{LeaveReason, Refusal, ServerMessage},
    motion::{Direction, Position as Place, WallGrid},
};
use parlour_sim::{CurrentPosition, Interest, Rate, SimConfig};
use parlour_testing::{SessionActions as _, TestWorld, generous_rules, maps::door};

/// Two open maps, `a` and `b`, each with a door to the other one. The spawn point `start` is 180 px
/// from the door. The spawn point `gate`, to which the doors lead, is in the middle of the door.
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
            objects: Vec::new(),
        }
    };
    let mut config = SimConfig::new(vec![Arc::new(map("a", "b")), Arc::new(map("b", "a"))]);
    config.rules = generous_rules();
    config.rules.interest = Interest::All;
    config
}

/// Opens a session that stands at `start`. Spawn points are random, so it joins until it does.
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
fn a_door_leads_to_the_named_spawn_point_of_its_map() {
    let mut world = TestWorld::new(config());
    at_start(&mut world, 1, "a");
    at_start(&mut world, 2, "a");
    world.open_and_join(3, "b");
    world.tick();
    let view = world.client(1).room().view;
    world.walk(1, Direction::East);
    // 180 px to the edge of the door, 2.5 px per tick. A command moves its player from the next
    // tick on.
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
        "at the named spawn point, standing still"
    );
    assert_eq!(
        world.snapshot(1).unwrap().base,
        None,
        "a full snapshot in the same tick"
    );
    assert!(world.sees(2, 1).is_none(), "removed for players of the old room");
    assert!(world.sees(3, 1).is_some(), "visible to players of the new room");
    world.check_views(true);
}

#[test]
fn a_player_that_arrives_in_a_door_does_not_enter_it() {
    let mut world = TestWorld::new(config());
    at_start(&mut world, 1, "a");
    world.walk(1, Direction::East);
    world.ticks(73);
    assert_eq!(room_of(&world, 1), "b");
    world.ticks(300);
    assert_eq!(room_of(&world, 1), "b");
    // Walking through the area of the door does not enter it.
    world.walk(1, Direction::West);
    world.ticks(5);
    assert_eq!(room_of(&world, 1), "b");
    world.ticks(10);
    assert!(world.position(1).x < 280 * 256, "outside of the door");
    world.walk(1, Direction::East);
    world.ticks(10);
    assert_eq!(room_of(&world, 1), "a", "entering again leads back");
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
fn a_door_to_a_full_room_stays_shut_until_the_player_enters_it_again() {
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
    assert_eq!(
        room_of(&world, 1),
        "a",
        "the player walks on through the area of the door"
    );
    assert_eq!(world.refusals(1), [], "only one refusal per entry");
    world.walk(1, Direction::West);
    world.ticks(20);
    world.walk(1, Direction::East);
    world.ticks(20);
    assert_eq!(room_of(&world, 1), "b");
}

#[test]
fn a_door_to_a_new_room_is_refused_if_there_are_too_many_rooms() {
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
fn doors_and_joins_share_a_rate_limit() {
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
    assert_eq!(room_of(&world, 1), "a", "the join took the only token");
    assert!(matches!(world.refusals(1)[..], [Refusal::RateLimited { .. }]));
    put(&mut world, 250, 60);
    put(&mut world, 100, 2);
    assert_eq!(room_of(&world, 1), "b");
}

#[test]
fn a_door_can_lead_to_its_own_full_room() {
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
fn a_door_to_an_unknown_spawn_point_leads_to_a_random_one() {
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
fn a_join_takes_effect_before_a_door_in_the_same_tick() {
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
fn only_one_of_two_players_gets_the_last_free_seat() {
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
