//! Movement: exact positions, walls, and commands that wait for their tick.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use parlour_shared::{
    ids::Tick,
    message::{Move, MoveHeading},
    motion::{
        Direction, HALF_BODY, Position as Place, SPRINT_STRAIGHT, UNITS_PER_PX, WALK_DIAGONAL, WALK_STRAIGHT,
        WallGrid,
    },
    snapshot::Ack,
};
use parlour_sim::{CurrentPosition, Interest, Motion, SimConfig};
use parlour_testing::{SessionActions as _, TestWorld, maps::open_map, plaza};
use proptest::prelude::*;

const PX: i32 = UNITS_PER_PX;

/// One player in the plaza, at (24, 24) px.
fn alone() -> TestWorld {
    let mut world = TestWorld::new(plaza());
    world.open_and_join(1, "plaza");
    world.tick();
    world
}

fn command(world: &mut TestWorld, seq: u32, tick: u32, direction: Direction) {
    let command = Move {
        seq,
        tick: Tick(tick),
        heading: MoveHeading::walk(direction),
    };
    world.command(1, command);
}

fn place(world: &TestWorld) -> (i32, i32) {
    let place = world.get::<CurrentPosition>(1).unwrap().0;
    assert_eq!(place, world.position(1), "the client computes the same position");
    (place.x, place.y)
}

#[test]
fn walking_is_exact() {
    let mut world = alone();
    let start = 24 * PX;
    world.walk(1, Direction::East);
    world.tick();
    assert_eq!(
        place(&world),
        (start, start),
        "a command sets the heading in its tick, and the player moves from the next tick on"
    );
    for ticks in 1..=100 {
        world.tick();
        assert_eq!(place(&world), (start + ticks * WALK_STRAIGHT, start));
    }
    world.walk(1, Direction::Still);
    world.ticks(50);
    assert_eq!(
        place(&world),
        (start + 101 * WALK_STRAIGHT, start),
        "24 + 252.5 px"
    );
}

#[test]
fn sprints_and_diagonals_have_different_speeds() {
    let mut world = alone();
    let start = 24 * PX;
    world.sprint(1, Direction::South);
    world.ticks(1 + 60);
    assert_eq!(
        place(&world),
        (start, start + 60 * SPRINT_STRAIGHT),
        "240 px in a second"
    );
    world.walk(1, Direction::Northeast);
    world.ticks(1 + 60);
    assert_eq!(
        place(&world),
        (
            start + 60 * WALK_DIAGONAL,
            start + 61 * SPRINT_STRAIGHT - 60 * WALK_DIAGONAL
        )
    );
}

/// A map of 40 x 40 tiles with a wall of tiles in column 10, rows 0 to 19: from 160 to 176 px, down
/// to 320 px.
fn walled() -> SimConfig {
    let mut map = open_map("plaza", 40, 1);
    (0..20).for_each(|row| map.walls.block(10, row));
    let mut config = plaza();
    config.maps = vec![Arc::new(map)];
    config
}

#[test]
fn a_walker_stops_flush_with_a_wall() {
    for speed in [TestWorld::walk, TestWorld::sprint] {
        let mut world = TestWorld::new(walled());
        world.open_and_join(1, "plaza");
        world.tick();
        speed(&mut world, 1, Direction::East);
        world.ticks(200);
        assert_eq!(place(&world), (160 * PX - HALF_BODY, 24 * PX));
        let gait = world.get::<Motion>(1).unwrap().segment().gait;
        assert!(gait.blocked_x && !gait.blocked_y);
        speed(&mut world, 1, Direction::West);
        world.ticks(200);
        assert_eq!(
            place(&world),
            (HALF_BODY, 24 * PX),
            "the edge of the map is a wall"
        );
    }
}

#[test]
fn a_walker_slides_along_a_wall_and_around_its_end() {
    let mut world = TestWorld::new(walled());
    world.open_and_join(1, "plaza");
    world.tick();
    world.walk(1, Direction::East);
    world.ticks(100);
    world.walk(1, Direction::Southeast);
    world.tick();
    let (x, y) = place(&world);
    assert_eq!(x, 160 * PX - HALF_BODY);
    for ticks in 1..=100 {
        world.tick();
        assert_eq!(
            place(&world),
            (x, y + ticks * WALK_DIAGONAL),
            "blocked along x, not along y"
        );
    }
    // The wall ends at 320 px. The body is free when its upper edge is below that.
    let ticks_to_end = (320 * PX + HALF_BODY - y + WALK_DIAGONAL - 1) / WALK_DIAGONAL;
    world.ticks((ticks_to_end - 100) as u32);
    assert_eq!(place(&world), (x, y + ticks_to_end * WALK_DIAGONAL));
    world.ticks(10);
    assert_eq!(
        place(&world),
        (x + 10 * WALK_DIAGONAL, y + (ticks_to_end + 10) * WALK_DIAGONAL)
    );
}

#[test]
fn a_command_for_a_later_tick_takes_effect_at_that_tick() {
    for ahead in 0..=16 {
        let mut world = alone();
        let due = world.now().after(1 + ahead);
        command(&mut world, 1, due.0, Direction::East);
        for _ in 0..ahead {
            world.tick();
            assert_eq!(
                (
                    world.output.counts.moves,
                    world.snapshot(1).and_then(|snapshot| snapshot.ack)
                ),
                (0, None)
            );
        }
        world.tick();
        assert_eq!(
            (world.output.counts.moves, world.output.counts.moves_dropped),
            (1, 0)
        );
        // Test events arrive 2.5 ms before the deadline of their tick.
        let early = 25 + (ahead * 10_000 / 60) as i16;
        assert_eq!(world.snapshot(1).unwrap().ack, Some(Ack { seq: 1, early }));
        let segment = world.get::<Motion>(1).unwrap().segment();
        assert_eq!(
            (segment.since, segment.gait.heading.direction()),
            (due, Some(Direction::East))
        );
        world.tick();
        assert_eq!(world.snapshot(1), None, "acknowledged once");
    }
}

#[test]
fn a_late_command_takes_effect_immediately() {
    for late in 1..=8 {
        let mut world = alone();
        world.ticks(30);
        let now = world.now().0 + 1;
        command(&mut world, 1, now - late, Direction::East);
        world.tick();
        let early = 25 - (late * 10_000 / 60) as i16;
        assert_eq!(world.snapshot(1).unwrap().ack, Some(Ack { seq: 1, early }));
        assert_eq!(
            world.get::<Motion>(1).unwrap().segment().since,
            Tick(now),
            "the command does not apply to past ticks"
        );
    }
}

#[test]
fn the_window_of_ticks_counts_from_the_next_tick() {
    for (at, taken) in [(-9, 0), (-8, 1), (16, 1), (17, 0)] {
        let mut world = alone();
        world.ticks(30);
        let next = i64::from(world.now().0) + 1;
        command(&mut world, 1, (next + at) as u32, Direction::East);
        world.ticks(18);
        assert_eq!(u32::from(place(&world).0 > 24 * PX), taken, "{at}");
    }
}

#[test]
fn commands_outside_the_window_are_dropped_and_counted() {
    let mut world = alone();
    world.ticks(30);
    let now = world.now().0 + 1;
    for tick in [1, now - 9, now + 17, u32::MAX] {
        command(&mut world, 1, tick, Direction::East);
    }
    world.tick();
    assert_eq!(world.output.counts.moves_dropped, 4);
    world.ticks(20);
    assert_eq!(place(&world), (24 * PX, 24 * PX));
    command(&mut world, 1, 0, Direction::East);
    world.tick();
    assert_eq!(
        world.output.counts.moves, 1,
        "a dropped command does not use up its sequence number"
    );
}

#[test]
fn sequence_numbers_must_rise_by_at_most_1024() {
    let mut world = alone();
    let mut moves = |seq| {
        command(&mut world, seq, 0, Direction::East);
        world.tick();
        (world.output.counts.moves, world.output.counts.moves_dropped)
    };
    assert_eq!(moves(1025), (0, 1), "from 0, the highest is 1024");
    assert_eq!(moves(1024), (1, 0));
    assert_eq!(moves(1024), (0, 1), "twice");
    assert_eq!(moves(1023), (0, 1), "back");
    assert_eq!(moves(u32::MAX), (0, 1), "far ahead");
    assert_eq!(moves(0), (1, 0), "with 0, the server counts");
    assert_eq!(moves(1025), (0, 1), "the previous one was 1025");
    assert_eq!(moves(1026), (1, 0));
}

#[test]
fn a_command_without_a_room_is_dropped() {
    let mut world = TestWorld::new(plaza());
    world.open(1);
    command(&mut world, 5, 0, Direction::East);
    world.tick();
    assert_eq!(
        (world.output.counts.moves, world.output.counts.moves_dropped),
        (0, 1)
    );
    world.join(1, "plaza");
    world.ticks(5);
    assert_eq!(place(&world), (24 * PX, 24 * PX));
    command(&mut world, 5, 0, Direction::East);
    world.tick();
    assert_eq!(
        world.output.counts.moves, 1,
        "its sequence number was not used up"
    );
}

#[test]
fn a_newer_command_replaces_commands_for_its_tick_or_later() {
    let mut world = alone();
    let now = world.now().0;
    command(&mut world, 1, now + 10, Direction::East);
    command(&mut world, 2, now + 12, Direction::West);
    command(&mut world, 3, now + 5, Direction::South);
    command(&mut world, 4, now + 5, Direction::North);
    command(&mut world, 5, now + 6, Direction::Still);
    world.ticks(4);
    assert_eq!(world.output.counts.moves, 0);
    world.tick();
    assert_eq!(
        world.snapshot(1).unwrap().ack.unwrap().seq,
        4,
        "the newest command for the tick"
    );
    world.tick();
    assert_eq!(world.snapshot(1).unwrap().ack.unwrap().seq, 5);
    for _ in 0..20 {
        world.tick();
        assert_eq!(world.output.counts.moves, 0, "1 and 2 are replaced");
    }
    command(&mut world, 2, 0, Direction::Still);
    world.tick();
    assert_eq!(
        world.output.counts.moves_dropped, 1,
        "a replaced command has used up its sequence number"
    );
    assert_eq!(place(&world), (24 * PX, 24 * PX - WALK_STRAIGHT));
}

#[test]
fn a_room_change_drops_commands_but_not_sequence_numbers() {
    let mut world = alone();
    let later = world.now().0 + 10;
    command(&mut world, 7, later, Direction::East);
    world.tick();
    world.join(1, "plaza/2");
    world.ticks(20);
    assert_eq!(place(&world), (24 * PX, 24 * PX));
    command(&mut world, 7, 0, Direction::East);
    world.tick();
    assert_eq!(world.output.counts.moves_dropped, 1);
}

#[test]
fn the_same_heading_again_is_acknowledged_and_changes_nothing() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.walk(1, Direction::East);
    world.ticks(5);
    let segment = world.get::<Motion>(1).unwrap().segment();
    world.walk(1, Direction::East);
    world.tick();
    assert_eq!(world.get::<Motion>(1).unwrap().segment(), segment);
    assert_eq!(world.snapshot(1).unwrap().ack.unwrap().seq, 2);
    assert_eq!(world.snapshot(2), None);
}

#[test]
fn walking_straight_on_sends_nothing() {
    let mut config = plaza();
    config.rules.interest = Interest::All;
    let mut world = TestWorld::new(config);
    (1..=2).for_each(|session| world.open_and_join(session, "plaza"));
    world.ticks(3);
    world.sprint(1, Direction::East);
    world.tick();
    assert!(world.snapshot(1).is_some() && world.snapshot(2).is_some());
    for heartbeat in 1..=3 {
        for _ in 1..60 {
            world.tick();
            assert_eq!((world.snapshot(1), world.snapshot(2)), (None, None));
            world.check_views(true);
        }
        world.tick();
        for session in [1, 2] {
            assert_eq!(
                world.snapshot_size(session),
                Some(9),
                "heartbeat {heartbeat} is a bare header"
            );
        }
    }
}

/// A command with any sequence number, for any tick.
fn any_command() -> impl Strategy<Value = (u32, i64, usize, bool)> {
    let seq = prop_oneof![3 => Just(0), 1 => 0..3000_u32, 1 => any::<u32>()];
    let ahead = prop_oneof![2 => Just(0), 3 => -12..20_i64, 1 => any::<i32>().prop_map(i64::from)];
    (seq, ahead, 0..9_usize, any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Between any two ticks, no player moves farther than a sprint.
    #[test]
    fn no_commands_make_a_player_faster_than_a_sprint(
        walls in prop::collection::vec((0..24_u16, 0..24_u16), 0..120),
        flood in prop::collection::vec(prop::collection::vec(any_command(), 0..12), 60..200),
    ) {
        let mut map = open_map("plaza", 24, 1);
        map.walls = WallGrid::new(24, 24, 16);
        walls.iter().filter(|wall| **wall != (1, 1)).for_each(|&(column, row)| map.walls.block(column, row));
        let mut config = plaza();
        let walls = map.walls.clone();
        config.maps = vec![Arc::new(map)];
        let mut world = TestWorld::new(config);
        world.open_and_join(1, "plaza");
        world.tick();
        prop_assume!(walls.is_free(world.position(1)));
        let mut places: Vec<Place> = vec![world.position(1)];
        for commands in flood {
            for (seq, ahead, direction, sprint) in commands {
                let tick = if ahead == 0 { 0 } else { (i64::from(world.now().0) + ahead).max(0) as u32 };
                let direction = Direction::ALL[direction];
                world.command(1, Move { seq, tick: Tick(tick), heading: MoveHeading::Keys { direction, sprint } });
            }
            world.tick();
            prop_assert!(world.output.counts.moves <= 1);
            let here = world.position(1);
            prop_assert!(walls.is_free(here));
            places.push(here);
        }
        for (from, start) in places.iter().enumerate() {
            for (ticks, place) in (0..).zip(&places[from..]) {
                let furthest = i64::from(ticks * SPRINT_STRAIGHT);
                prop_assert!(start.distance_squared(*place) <= furthest * furthest);
            }
        }
    }
}
