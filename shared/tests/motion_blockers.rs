//! Bodies of any size and speed among walls and solid bodies: a course equals stepping tick by
//! tick, and nothing passes through a wall or a blocker.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    ids::Tick,
    motion::{
        self, Blocker, BodySize, Bounds, Course, Heading, Position, Surroundings, UNITS_PER_PX, Velocity,
        WallGrid,
    },
};
use proptest::prelude::*;
use support::naive::Walker;

/// A blocker, and how far it moves in each tick.
#[derive(Clone, Debug)]
struct Solid {
    start: Bounds,
    velocity: (i32, i32),
}

impl Solid {
    fn at(&self, ticks: u32) -> Blocker {
        let ticks = ticks as i32;
        let (x, y) = (self.velocity.0 * ticks, self.velocity.1 * ticks);
        Blocker {
            bounds: Bounds {
                left: self.start.left + x,
                top: self.start.top + y,
                right: self.start.right + x,
                bottom: self.start.bottom + y,
            },
            moves: self.velocity != (0, 0),
        }
    }
}

#[derive(Clone, Debug)]
struct Scene {
    grid: WallGrid,
    body: BodySize,
    start: Position,
    solids: Vec<Solid>,
    /// Ticks until each turn, and the new heading.
    turns: Vec<(u32, Heading)>,
}

fn heading() -> impl Strategy<Value = Heading> {
    let speed = prop_oneof![
        -900..900_i16,
        -4096..4096_i16,
        -Velocity::MAX..=Velocity::MAX,
        Just(0)
    ];
    (speed.clone(), speed).prop_map(|(x, y)| Heading::free(Velocity { x, y }))
}

fn solid(most_speed: i32) -> impl Strategy<Value = Solid> {
    let speed = prop_oneof![3 => Just(0), 1 => -most_speed..=most_speed];
    (0..60_000, 0..60_000, 1..9_000, 1..9_000, speed.clone(), speed).prop_map(
        |(left, top, width, height, x, y)| Solid {
            start: Bounds {
                left,
                top,
                right: left + width,
                bottom: top + height,
            },
            velocity: (x, y),
        },
    )
}

fn scene(most_speed: i32) -> impl Strategy<Value = Scene> {
    let body = prop_oneof![
        Just((2048, 2048)),
        (1..600_u16, 1..600_u16),
        (1..6_000_u16, 1..6_000_u16)
    ];
    let tile = prop_oneof![Just(8_u16), Just(16), 8..40_u16];
    let blocked = prop::collection::vec((0..16_u16, 0..16_u16), 0..60);
    let turns = prop::collection::vec((0..40_u32, heading()), 1..12);
    let start = (6_000..26_000, 6_000..26_000);
    let solids = prop::collection::vec(solid(most_speed), 0..6);
    (tile, blocked, body, start, solids, turns).prop_map(
        |(tile, blocked, (half_x, half_y), (x, y), solids, turns)| {
            let body = BodySize { half_x, half_y };
            let start = Position { x, y };
            let mut grid = WallGrid::new(16, 16, tile);
            for (column, row) in blocked {
                let before = grid.clone();
                grid.block(column, row);
                if !grid.is_free_for(body, start) {
                    grid = before;
                }
            }
            Scene {
                grid,
                body,
                start,
                solids,
                turns,
            }
        },
    )
}

/// Calls `check` at every tick with the course, the naive walker and the blockers before its step.
fn follow(scene: &Scene, mut check: impl FnMut(Tick, &Course, &Walker, &[Blocker])) {
    let first = 1000;
    let mut tick = Tick(first);
    let mut course = Course::still(tick, scene.start);
    let mut walker = Walker::with_body(&scene.grid, scene.body, scene.start);
    for &(ticks, heading) in scene.turns.iter().chain([&(40, Heading::default())]) {
        for _ in 0..ticks {
            let before: Vec<Blocker> = scene
                .solids
                .iter()
                .map(|solid| solid.at(tick.0 - first))
                .collect();
            tick = tick.after(1);
            if tick >= course.review {
                // Only what is within reach must be passed.
                let (here, gait) = (course.segment.at(Tick(tick.0 - 1)), course.segment.gait);
                let reach = Surroundings::reach(&scene.grid, scene.body, here, gait.heading.velocity());
                let near: Vec<Blocker> = before
                    .iter()
                    .filter(|blocker| blocker.moves || blocker.bounds.overlaps(&reach))
                    .copied()
                    .collect();
                course = motion::contact(around(scene, &near), &course, tick);
            }
            walker.block(&before);
            walker.step();
            check(tick, &course, &walker, &before);
        }
        let now: Vec<Blocker> = scene
            .solids
            .iter()
            .map(|solid| solid.at(tick.0 - first))
            .collect();
        if heading != course.segment.gait.heading {
            course = motion::turn(around(scene, &now), course.segment.at(tick), heading, tick);
            walker.block(&now);
            walker.turn(heading);
        }
    }
}

fn around<'a>(scene: &'a Scene, blockers: &'a [Blocker]) -> Surroundings<'a> {
    Surroundings {
        walls: &scene.grid,
        body: scene.body,
        blockers,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_course_equals_a_walk_tick_by_tick(scene in scene(700)) {
        let is_inside = scene.grid.is_free_for(scene.body, scene.start);
        prop_assume!(is_inside);
        follow(&scene, |tick, course, walker, _| {
            assert_eq!(course.segment.at(tick), walker.position, "position at {tick:?}");
            assert_eq!(course.segment.gait, walker.gait, "gait at {tick:?}");
        });
    }

    #[test]
    fn a_body_enters_no_wall_and_no_resting_blocker(scene in scene(0)) {
        let blockers: Vec<Blocker> = scene.solids.iter().map(|solid| solid.at(0)).collect();
        prop_assume!(around(&scene, &blockers).is_free(scene.start));
        follow(&scene, |tick, course, _, blockers| {
            assert!(around(&scene, blockers).is_free(course.segment.at(tick)), "at {tick:?}");
        });
    }

    #[test]
    fn nothing_passes_through_a_wall_or_a_thin_blocker(
        rows in 6..10_u16, x in 600..18_000_i32, thin in 1..300_i32, solid: bool,
        turns in prop::collection::vec((1..30_u32, heading()), 1..20),
    ) {
        let mut grid = WallGrid::new(20, rows, 8);
        let height = i32::from(rows) * 2048;
        let mut solids = Vec::new();
        if solid {
            let start = Bounds { left: 20_480, top: -1, right: 20_480 + thin, bottom: height + 1 };
            solids.push(Solid { start, velocity: (0, 0) });
        } else {
            (0..rows).for_each(|row| grid.block(10, row));
        }
        let body = BodySize { half_x: 500, half_y: 700 };
        let scene = Scene { grid, body, start: Position { x, y: height / 2 }, solids, turns };
        follow(&scene, |tick, course, _, _| {
            assert!(course.segment.at(tick).x <= 20_480 - 500, "at {tick:?}");
        });
    }

    #[test]
    fn a_body_in_a_blocker_moves_out_and_never_deeper(
        dx in -3_000..3_000_i32, dy in -3_000..3_000_i32, headings in prop::collection::vec((1..20_u32, heading()), 1..8),
    ) {
        let middle = 40_000;
        let start = Position { x: middle + dx, y: middle + dy };
        let blocker = Bounds { left: middle - 2000, top: middle - 2000, right: middle + 2000, bottom: middle + 2000 };
        let scene = Scene {
            grid: WallGrid::new(40, 40, 8),
            body: BodySize::PLAYER,
            start,
            solids: vec![Solid { start: blocker, velocity: (0, 0) }],
            turns: headings,
        };
        let mut last = start;
        follow(&scene, |tick, course, _, _| {
            let here = course.segment.at(tick);
            let overlaps = |place| BodySize::PLAYER.at(place).overlaps(&blocker);
            if overlaps(last) && overlaps(here) {
                for (was, is) in [(last.x, here.x), (last.y, here.y)] {
                    assert!((is - middle).abs() >= (was - middle).abs(), "deeper at {tick:?}");
                }
            } else {
                assert!(!overlaps(here), "entered at {tick:?}");
            }
            last = here;
        });
    }
}

#[test]
fn a_player_stops_flush_at_a_chair_and_slides_past_it() {
    let grid = WallGrid::new(40, 40, 16);
    let chair = Blocker {
        bounds: Bounds {
            left: 200 * UNITS_PER_PX,
            top: 90 * UNITS_PER_PX,
            right: 210 * UNITS_PER_PX,
            bottom: 110 * UNITS_PER_PX,
        },
        moves: false,
    };
    let around = Surroundings {
        walls: &grid,
        body: BodySize::PLAYER,
        blockers: &[chair],
    };
    let east = Heading::free(Velocity { x: 700, y: 10 });
    let mut course = motion::turn(around, Position::from_px(150, 100), east, Tick(1));
    let mut stopped = false;
    for tick in 2..600 {
        if Tick(tick) >= course.review {
            course = motion::contact(around, &course, Tick(tick));
        }
        let here = course.segment.at(Tick(tick));
        stopped |= here.x == 192 * UNITS_PER_PX && course.segment.gait.blocked_x;
    }
    assert!(stopped, "flush at the left edge of the chair");
    assert!(!course.segment.gait.blocked_x && course.segment.at(Tick(599)).x > 210 * UNITS_PER_PX);
}
