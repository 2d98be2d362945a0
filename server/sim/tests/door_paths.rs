//! Doors and paths: a player enters a door in the tick whose path touches it, however thin the door
//! is and however fast the player walks.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use parlour_shared::{
    map::{Door, Map},
    message::Refusal,
    motion::{Direction, Position as Place, WallGrid},
};
use parlour_sim::{CurrentPosition, Interest, SimConfig, Simulation};
use parlour_testing::{
    SessionActions as _, TestWorld, generous_rules,
    maps::{door, map},
    teleport_plugin,
};
use proptest::prelude::*;

fn open(name: &str, start: Place, doors: Vec<Door>) -> Arc<Map> {
    Arc::new(map(name, WallGrid::new(30, 30, 16), start, doors))
}

fn config_of(maps: Vec<Arc<Map>>, capacity: u32) -> SimConfig {
    let mut config = SimConfig::new(maps);
    config.rules = generous_rules();
    config.rules.capacity = capacity;
    config.rules.interest = Interest::All;
    config
}

fn world_of(maps: Vec<Arc<Map>>, capacity: u32) -> TestWorld {
    TestWorld::teleporting(config_of(maps, capacity))
}

fn go(world: &mut TestWorld, direction: Direction, sprint: bool) {
    if sprint {
        world.sprint(1, direction);
    } else {
        world.walk(1, direction);
    }
}

fn room(world: &TestWorld) -> &str {
    &world.client(1).room().room
}

#[test]
fn a_thin_door_is_entered_from_every_starting_position() {
    for (width, sprint) in [(1, false), (2, false), (1, true), (3, true)] {
        for offset in (0..1024).step_by(64) {
            let start = Place {
                x: 100 * 256 + offset,
                y: 100 * 256,
            };
            let maps = vec![
                open("a", start, vec![door([130, 80, width, 40], "b")]),
                open("b", Place::from_px(50, 50), vec![]),
            ];
            let mut world = world_of(maps, 10);
            world.open_and_join(1, "a");
            world.tick();
            go(&mut world, Direction::East, sprint);
            world.ticks(20);
            assert_eq!(room(&world), "b", "{width} px, sprint {sprint}, from {start:?}");
        }
    }
}

#[test]
fn a_teleport_does_not_enter_doors_on_its_way() {
    let start = Place::from_px(100, 100);
    let maps = vec![
        open("a", start, vec![door([130, 80, 8, 40], "b")]),
        open("b", Place::from_px(50, 50), vec![]),
    ];
    let mut world = world_of(maps, 10);
    world.open_and_join(1, "a");
    world.tick();
    world.teleport(1, 160 * 256, 100 * 256);
    world.ticks(3);
    assert_eq!(room(&world), "a", "teleported beyond the door");
    world.teleport(1, 134 * 256, 100 * 256);
    world.ticks(1);
    assert_eq!(room(&world), "b", "teleported into the door");
}

#[test]
fn a_door_behind_a_door_to_a_full_room_opens() {
    // First the path reaches the doors in different ticks, then both in the same tick.
    for (width, sprint) in [(20, false), (1, true)] {
        let start = Place::from_px(100, 100);
        let doors = vec![
            door([130 + width, 80, width, 40], "c"),
            door([130, 80, width, 40], "b"),
        ];
        let maps = vec![
            open("a", start, doors),
            open("b", Place::from_px(50, 50), vec![]),
            open("c", Place::from_px(60, 60), vec![]),
        ];
        let mut world = world_of(maps, 1);
        world.open_and_join(1, "a");
        world.open_and_join(2, "b");
        world.tick();
        world.messages(1);
        go(&mut world, Direction::East, sprint);
        world.ticks(40);
        assert_eq!(room(&world), "c", "{width} px wide");
        assert_eq!(
            world.refusals(1),
            [Refusal::RoomFull],
            "refused once, by the first door"
        );
    }
}

#[test]
fn two_doors_in_front_of_each_other_pass_a_player_with_a_held_key_once() {
    // The player arrives 10 px before the door, and keeps walking into it.
    let start = Place::from_px(100, 100);
    let to = |name: &str, other: &str| open(name, start, vec![door([110, 80, 8, 40], other)]);
    let mut world = world_of(vec![to("a", "b"), to("b", "a")], 10);
    world.open_and_join(1, "a");
    world.tick();
    let mut passed = 0;
    for _ in 0..360 {
        let before = room(&world).to_owned();
        go(&mut world, Direction::East, false);
        world.tick();
        passed += u32::from(room(&world) != before);
    }
    assert_eq!(passed, 1);
}

#[test]
fn doors_open_again_a_second_after_a_passage() {
    let start = Place::from_px(100, 100);
    let to = |name: &str, other: &str| open(name, start, vec![door([110, 80, 8, 40], other)]);
    for early in [true, false] {
        let mut world = world_of(vec![to("a", "b"), to("b", "a")], 10);
        world.open_and_join(1, "a");
        world.tick();
        go(&mut world, Direction::East, false);
        while room(&world) == "a" {
            world.tick();
        }
        world.messages(1);
        // A command takes effect in the next tick, and the edge of the door is 4 ticks away. So the
        // player enters the door 59 or 60 ticks after its arrival.
        world.ticks(if early { 54 } else { 55 });
        go(&mut world, Direction::East, false);
        world.ticks(5);
        assert_eq!(room(&world), if early { "b" } else { "a" });
        if early {
            go(&mut world, Direction::Still, false);
            world.ticks(100);
            assert_eq!(room(&world), "b", "waiting in a door does not enter it");
            assert_eq!(world.refusals(1), []);
            go(&mut world, Direction::West, false);
            world.ticks(5);
            go(&mut world, Direction::East, false);
            world.ticks(5);
            assert_eq!(room(&world), "a");
        }
    }
}

#[test]
fn doors_stay_shut_in_a_loaded_world() {
    let start = Place::from_px(100, 100);
    let to = |name: &str, other: &str| open(name, start, vec![door([110, 80, 8, 40], other)]);
    let maps = vec![to("a", "b"), to("b", "a")];
    let mut world = world_of(maps.clone(), 10);
    world.open_and_join(1, "a");
    world.tick();
    go(&mut world, Direction::East, false);
    while room(&world) == "a" {
        world.tick();
    }
    let saved = world.saved();
    let config = config_of(maps, 10);
    world.sim = Simulation::load(config, teleport_plugin, &saved).unwrap();
    go(&mut world, Direction::East, false);
    world.ticks(40);
    assert_eq!(room(&world), "b", "the player walked through the shut door");
    // The door is 80 px behind: 33 ticks.
    go(&mut world, Direction::West, false);
    world.ticks(45);
    assert_eq!(
        room(&world),
        "a",
        "a second later, on the way back through the door"
    );
}

#[derive(Clone, Debug)]
enum Act {
    Walk { direction: usize, sprint: bool },
    Teleport(Place),
}

#[derive(Clone, Debug)]
struct Plan {
    walls: Vec<(u16, u16)>,
    doors: Vec<[i32; 4]>,
    start: Place,
    acts: Vec<(u32, Act)>,
}

/// A plan for a map of 12 x 12 tiles of 16 px, with walls, doors and a walk.
fn plan() -> impl Strategy<Value = Plan> {
    let place = || (2048..190 * 256 - 2048, 2048..190 * 256 - 2048).prop_map(|(x, y)| Place { x, y });
    let thin =
        (1..6_i32, 1..60_i32, any::<bool>()).prop_map(
            |(thick, long, upright)| {
                if upright { (thick, long) } else { (long, thick) }
            },
        );
    let door = (20..150_i32, 20..150_i32, thin).prop_map(|(x, y, (w, h))| [x, y, w, h]);
    let walk = (0..9_usize, any::<bool>()).prop_map(|(direction, sprint)| Act::Walk { direction, sprint });
    let act = prop_oneof![12 => walk, 1 => place().prop_map(Act::Teleport)];
    (
        prop::collection::vec((0..12_u16, 0..12_u16), 0..12),
        prop::collection::vec(door, 1..4),
        place(),
        prop::collection::vec((1..40_u32, act), 1..8),
    )
        .prop_map(|(walls, doors, start, acts)| Plan {
            walls,
            doors,
            start,
            acts,
        })
}

/// Returns whether the line between two positions touches the units of a door. Tries enough points
/// to miss no door: the line meets each edge of a door at a multiple of `1 / (|dx| * |dy|)`.
fn touches(door: [i32; 4], from: Place, to: Place) -> bool {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    let parts = if dx == 0 || dy == 0 || dx.abs() == dy.abs() {
        dx.abs().max(dy.abs()).max(1)
    } else {
        (dx * dy).abs()
    };
    let within = |start: i32, length: i32, from: i32, delta: i64, part: i64| {
        let first = i64::from(start) * 256 * parts;
        let last = (i64::from(start + length) * 256 - 1) * parts;
        (first..=last).contains(&(i64::from(from) * parts + delta * part))
    };
    let [x, y, w, h] = door;
    (0..=parts).any(|part| within(x, w, from.x, dx, part) && within(y, h, from.y, dy, part))
}

/// Returns whether a position is in a door.
fn lies_in(door: [i32; 4], place: Place) -> bool {
    touches(door, place, place)
}

/// Runs a plan in a world with doors and in the same world without doors. Brute force finds in the
/// second world when the player of the first world must change rooms.
fn check(plan: &Plan) -> Result<(), TestCaseError> {
    let mut walls = WallGrid::new(12, 12, 16);
    plan.walls
        .iter()
        .for_each(|(column, row)| walls.block(*column, *row));
    let free = |act: &Act| !matches!(act, Act::Teleport(place) if !walls.is_free(*place));
    prop_assume!(walls.is_free(plan.start) && plan.acts.iter().all(|(_, act)| free(act)));
    let doors = plan.doors.iter().map(|place| door(*place, "b")).collect();
    let world = |doors| {
        let b = open("b", Place::from_px(50, 50), vec![]);
        let mut world = world_of(vec![Arc::new(map("a", walls.clone(), plan.start, doors)), b], 10);
        world.open_and_join(1, "a");
        world.tick();
        world
    };
    let (mut with, mut without) = (world(doors), world(Vec::new()));
    let mut here = plan.start;
    for (ticks, act) in &plan.acts {
        for tick in 0..*ticks {
            for world in [&mut with, &mut without] {
                match act {
                    Act::Walk { direction, sprint } if tick == 0 => {
                        go(world, Direction::ALL[*direction], *sprint);
                    }
                    Act::Teleport(place) if tick == 0 => world.teleport(1, place.x, place.y),
                    _ => {}
                }
                world.tick();
            }
            let before = std::mem::replace(&mut here, without.get::<CurrentPosition>(1).unwrap().0);
            let teleported = tick == 0 && matches!(act, Act::Teleport(_));
            let entered = plan.doors.iter().any(|door| {
                !lies_in(*door, before)
                    && if teleported {
                        lies_in(*door, here)
                    } else {
                        touches(*door, before, here)
                    }
            });
            prop_assert_eq!(room(&with) == "b", entered, "from {:?} to {:?}", before, here);
            if entered {
                return Ok(());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_door_is_entered_in_the_tick_that_brute_force_finds(plan in plan()) {
        check(&plan)?;
    }
}
