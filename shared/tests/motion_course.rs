//! A course that checks walls only at its reviews equals stepping tick by tick, at every tick.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    ids::Tick,
    motion::{self, Course, Direction, Heading, Position, UNITS_PER_PX, WallGrid},
};
use proptest::prelude::*;
use support::naive::Walker;

/// A map, a start and the headings of a player.
#[derive(Clone, Debug)]
struct Walk {
    grid: WallGrid,
    start: Position,
    /// Ticks until each turn, and the new heading.
    turns: Vec<(u32, Heading)>,
}

fn heading() -> impl Strategy<Value = Heading> {
    (0..9_usize, any::<bool>()).prop_map(|(n, sprint)| Heading::keys(Direction::ALL[n], sprint))
}

fn walk() -> impl Strategy<Value = Walk> {
    let tile = prop_oneof![Just(8_u16), Just(16), Just(32), 8..40_u16];
    (tile, 6..16_u16, 6..16_u16, 0..60_u32).prop_flat_map(|(tile, width, height, percent)| {
        let tiles = usize::from(width) * usize::from(height);
        let blocked = prop::collection::vec(0..100_u32, tiles);
        let start = (0..i32::from(width) * 256, 0..i32::from(height) * 256);
        let turns = prop::collection::vec((0..40_u32, heading()), 1..12);
        (blocked, start, turns).prop_map(move |(blocked, (x, y), turns)| {
            let mut grid = WallGrid::new(width, height, tile);
            for (at, chance) in blocked.iter().enumerate() {
                if *chance < percent {
                    grid.block((at % usize::from(width)) as u16, (at / usize::from(width)) as u16);
                }
            }
            let scale = i32::from(tile) * UNITS_PER_PX / 256;
            Walk {
                start: place_near(
                    &mut grid,
                    Position {
                        x: x * scale + 7,
                        y: y * scale + 3,
                    },
                ),
                grid,
                turns,
            }
        })
    })
}

/// Returns `wish` if a body is free there, or the first tile corner where it is. If there is none,
/// clears the map.
fn place_near(grid: &mut WallGrid, wish: Position) -> Position {
    if grid.is_free(wish) {
        return wish;
    }
    let (width, height) = grid.size();
    let side = i32::from(grid.tile_px()) * UNITS_PER_PX;
    let places =
        (0..i32::from(height)).flat_map(|row| (0..i32::from(width)).map(move |column| (column, row)));
    let middle = |(column, row): (i32, i32)| Position {
        x: column * side + 2048,
        y: row * side + 2048,
    };
    if let Some(free) = places.map(middle).find(|place| grid.is_free(*place)) {
        return free;
    }
    *grid = WallGrid::new(width, height, grid.tile_px());
    Position { x: 2048, y: 2048 }
}

/// Calls `check` at every tick with the course and the naive walker, after both have moved or
/// turned.
fn follow(walk: &Walk, mut check: impl FnMut(Tick, &Course, &Walker)) {
    let mut tick = Tick(1000);
    let mut course = Course::still(tick, walk.start);
    let mut walker = Walker::new(&walk.grid, walk.start);
    check(tick, &course, &walker);
    for &(ticks, heading) in walk.turns.iter().chain([&(40, Heading::default())]) {
        for _ in 0..ticks {
            tick = tick.after(1);
            if tick >= course.review {
                course = motion::contact(&walk.grid, &course, tick);
            }
            walker.step();
            check(tick, &course, &walker);
        }
        // Like the server: a command that changes nothing begins no segment.
        if heading != course.segment.gait.heading {
            course = motion::turn(&walk.grid, course.segment.at(tick), heading, tick);
            walker.turn(heading);
            check(tick, &course, &walker);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_course_equals_a_walk_tick_by_tick(walk in walk()) {
        follow(&walk, |tick, course, walker| {
            assert_eq!(course.segment.at(tick), walker.position, "position at {tick:?}");
            assert_eq!(course.segment.gait, walker.gait, "gait at {tick:?}");
        });
    }

    #[test]
    fn no_body_is_ever_in_a_wall_or_too_fast(walk in walk()) {
        let mut last: Option<(Tick, Position, Heading)> = None;
        follow(&walk, |tick, course, walker| {
            let here = course.segment.at(tick);
            assert!(walk.grid.is_free(here) && walker.is_free(here), "{here:?} at {tick:?}");
            if let Some((before, from, heading)) = last.filter(|(before, ..)| *before < tick) {
                assert_eq!(before.after(1), tick);
                let open = heading.velocity();
                for (moved, open) in [(here.x - from.x, i32::from(open.x)), (here.y - from.y, i32::from(open.y))] {
                    // No further than the heading's speed, and never backwards.
                    assert!(moved.abs() <= open.abs() && moved * open >= 0, "moved {moved} of {open} at {tick:?}");
                }
            }
            last = Some((tick, here, course.segment.gait.heading));
        });
    }

    #[test]
    fn walls_are_not_tunnelled_through(row in 0..10_u16, x in 0..400_i32, turns in prop::collection::vec((1..60_u32, heading()), 1..20)) {
        // A wall of one tile splits the map. A body that starts on its left stays there.
        let mut grid = WallGrid::new(20, 10, 8);
        for row in 0..10 {
            grid.block(10, row);
        }
        let start = Position { x: (2048 + x * 64).min(10 * 2048 - 2048), y: (i32::from(row) * 2048).clamp(2048, 9 * 2048) };
        follow(&Walk { grid, start, turns }, |tick, course, _| {
            assert!(course.segment.at(tick).x <= 10 * 2048 - 2048);
        });
    }
}

#[test]
fn a_diagonal_slides_along_a_wall_and_continues_past_its_end() {
    let mut grid = WallGrid::new(20, 20, 16);
    for row in 0..6 {
        grid.block(5, row);
    }
    let heading = Heading::walk(Direction::Southeast);
    let mut course = motion::turn(&grid, Position::from_px(70, 20), heading, Tick(1));
    let mut walker = Walker::new(&grid, Position::from_px(70, 20));
    walker.turn(heading);
    let mut blocked = Vec::new();
    for tick in 2..90 {
        if Tick(tick) >= course.review {
            course = motion::contact(&grid, &course, Tick(tick));
        }
        walker.step();
        assert_eq!(course.segment.at(Tick(tick)), walker.position, "at {tick}");
        assert_eq!(course.segment.gait, walker.gait, "at {tick}");
        blocked.push(course.segment.gait.blocked_x);
    }
    blocked.dedup();
    assert_eq!(blocked, [false, true, false], "free, along the wall, free again");
    assert!(
        course.segment.at(Tick(89)).x > 6 * 16 * UNITS_PER_PX,
        "past the end of the wall"
    );
}

#[test]
fn a_body_flush_against_a_wall_does_not_move_into_it() {
    let grid = WallGrid::new(10, 10, 16);
    let corner = Position::from_px(8, 8);
    for direction in [Direction::North, Direction::Northwest, Direction::West] {
        let course = motion::turn(&grid, corner, Heading::sprint(direction), Tick(1));
        assert_eq!(course.segment.at(Tick(1000)), corner, "{direction:?}");
    }
    let along = motion::turn(&grid, corner, Heading::walk(Direction::Northeast), Tick(1));
    assert!(along.segment.gait.blocked_y && !along.segment.gait.blocked_x);
    assert_eq!(
        along.segment.at(Tick(3)),
        Position {
            x: 2048 + 2 * 452,
            y: 2048
        }
    );
}
