//! Walks tick by tick, for clients that predict motion in other languages:
//! `assets/wire/motion.json`.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    ids::Tick,
    message::{Move, MoveHeading},
    motion::{
        self, Blocker, BodySize, Bounds, Course, Direction, Gait, Heading, Position, Surroundings, TileRect,
        UNIT_VECTOR_SCALE, WallGrid,
    },
};
use serde_json::{Value, json};
use support::{
    golden::{File, gait_numbers, quoted},
    naive::Walker,
};

const FIRST_TICK: u32 = 100;

struct Walk {
    name: &'static str,
    meaning: &'static str,
    tile_px: u16,
    walls: Vec<TileRect>,
    start: Position,
    /// Half the width and half the height of the body.
    body: BodySize,
    /// Bodies that rest: left, top, right, bottom.
    blockers: Vec<[i32; 4]>,
    /// The tick and the heading of each command.
    turns: Vec<(u32, MoveHeading)>,
    ticks: u32,
}

fn walks() -> Vec<Walk> {
    use Direction::{East, Northeast, Northwest, South, Southeast, Southwest, Still, West};
    let wall = |x, y, w, h| TileRect { x, y, w, h };
    let px = Position::from_px;
    vec![
        Walk {
            name: "open",
            meaning: "Open ground, at all speeds",
            tile_px: 16,
            walls: vec![],
            start: px(100, 100),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![
                (101, MoveHeading::walk(East)),
                (104, MoveHeading::sprint(Southeast)),
                (108, MoveHeading::sprint(West)),
                (112, MoveHeading::walk(Northwest)),
                (116, MoveHeading::walk(Still)),
            ],
            ticks: 18,
        },
        Walk {
            name: "stop",
            meaning: "Straight into a wall: a last short step ends flush against it",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 20)],
            start: px(140, 100),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![(102, MoveHeading::walk(East)), (112, MoveHeading::walk(West))],
            ticks: 14,
        },
        Walk {
            name: "slide",
            meaning: "Diagonally against a wall, along it, and past its end",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 8)],
            start: px(145, 110),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![(100, MoveHeading::walk(Southeast))],
            ticks: 24,
        },
        Walk {
            name: "slide_up",
            meaning: "Diagonally along a wall to the south, and past its end",
            tile_px: 16,
            walls: vec![wall(3, 10, 4, 1)],
            start: px(100, 150),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![(100, MoveHeading::sprint(Southeast))],
            ticks: 14,
        },
        Walk {
            name: "corner",
            meaning: "Into a corner and out again",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 20), wall(0, 10, 20, 1)],
            start: px(145, 147),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![
                (100, MoveHeading::sprint(Southeast)),
                (106, MoveHeading::walk(Southwest)),
                (110, MoveHeading::walk(Northeast)),
                (114, MoveHeading::sprint(South)),
            ],
            ticks: 18,
        },
        Walk {
            name: "edge",
            meaning: "Everything outside the map is wall",
            tile_px: 16,
            walls: vec![],
            start: px(9, 10),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![
                (100, MoveHeading::sprint(Northwest)),
                (105, MoveHeading::walk(Southwest)),
            ],
            ticks: 10,
        },
        Walk {
            name: "small_tiles",
            meaning: "Tiles that are smaller than a body, and a start between pixels",
            tile_px: 8,
            walls: vec![wall(9, 3, 1, 1), wall(12, 5, 2, 1)],
            start: Position { x: 14_001, y: 8_003 },
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![
                (100, MoveHeading::sprint(Southeast)),
                (110, MoveHeading::sprint(Northeast)),
            ],
            ticks: 24,
        },
        Walk {
            name: "angles",
            meaning: "Free headings on open ground, and two that are those of keys",
            tile_px: 16,
            walls: vec![],
            start: px(160, 160),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![
                (100, at_angle(5, 0)),
                (103, at_angle(70, 1)),
                (106, at_angle(129, 2)),
                (109, at_angle(32, 0)),
                (112, at_angle(192, 1)),
                (115, at_angle(255, 2)),
            ],
            ticks: 18,
        },
        Walk {
            name: "angle_slide",
            meaning: "A free heading against a wall, along it, and past its end",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 8)],
            start: px(145, 118),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![(101, at_angle(20, 1))],
            ticks: 24,
        },
        Walk {
            name: "parts",
            meaning: "Steps that are longer than a tile: each has two parts, and passes no wall",
            tile_px: 8,
            walls: vec![wall(14, 0, 1, 12), wall(4, 15, 12, 1)],
            start: px(50, 60),
            body: BodySize::PLAYER,
            blockers: vec![],
            turns: vec![
                (100, at_angle(10, 2)),
                (110, at_angle(100, 2)),
                (116, at_angle(150, 2)),
            ],
            ticks: 22,
        },
        Walk {
            name: "bodies",
            meaning: "A smaller body stops at a body, slides along it, and past its end",
            tile_px: 16,
            walls: vec![],
            start: px(100, 100),
            body: BodySize {
                half_x: 1000,
                half_y: 700,
            },
            blockers: vec![[30_000, 20_000, 31_001, 27_003], [26_000, 34_000, 40_000, 35_000]],
            turns: vec![(101, at_angle(24, 1)), (118, MoveHeading::sprint(Northwest))],
            ticks: 30,
        },
        Walk {
            name: "out_of_a_body",
            meaning: "A body that overlaps another may move away from its middle, and not toward it",
            tile_px: 16,
            walls: vec![],
            start: px(100, 100),
            body: BodySize::PLAYER,
            blockers: vec![[24_000, 22_000, 30_000, 28_000]],
            turns: vec![
                (101, MoveHeading::walk(East)),
                (104, MoveHeading::walk(West)),
                (114, MoveHeading::walk(East)),
            ],
            ticks: 20,
        },
    ]
}

/// The speeds of the room.
const SPEEDS: [u16; 3] = [640, 1024, 4096];

fn at_angle(angle: u8, speed: u8) -> MoveHeading {
    MoveHeading::Angle { angle, speed }
}

impl Walk {
    fn blockers(&self) -> Vec<Blocker> {
        let bounds = |&[left, top, right, bottom]: &[i32; 4]| Bounds {
            left,
            top,
            right,
            bottom,
        };
        let moves = false;
        self.blockers
            .iter()
            .map(bounds)
            .map(|bounds| Blocker { bounds, moves })
            .collect()
    }

    fn turn_at(&self, tick: u32) -> Option<Heading> {
        let (_, heading) = self.turns.iter().find(|turn| turn.0 == tick)?;
        Some(heading.resolve(&SPEEDS).unwrap())
    }
}

/// Returns the position and gait at each tick, by stepping every tick.
fn stepped(walk: &Walk, grid: &WallGrid) -> Vec<(Position, Gait)> {
    let mut walker = Walker::with_body(grid, walk.body, walk.start);
    walker.block(&walk.blockers());
    let ticks = FIRST_TICK..=FIRST_TICK + walk.ticks;
    let mut at = |tick: u32| {
        if tick > FIRST_TICK {
            walker.step();
        }
        if let Some(heading) = walk.turn_at(tick) {
            walker.turn(heading);
        }
        (walker.position, walker.gait)
    };
    ticks.map(&mut at).collect()
}

/// Returns the same as [`stepped`], from the course.
fn coursed(walk: &Walk, grid: &WallGrid) -> Vec<(Position, Gait)> {
    let blockers = walk.blockers();
    let around = Surroundings {
        walls: grid,
        body: walk.body,
        blockers: &blockers,
    };
    let mut course = Course::still(Tick(FIRST_TICK), walk.start);
    let ticks = FIRST_TICK..=FIRST_TICK + walk.ticks;
    let mut at = |tick: u32| {
        if Tick(tick) >= course.review {
            course = motion::contact(around, &course, Tick(tick));
        }
        if let Some(heading) = walk.turn_at(tick) {
            let here = course.segment.at(Tick(tick));
            course = motion::turn(around, here, heading, Tick(tick));
        }
        (course.segment.at(Tick(tick)), course.segment.gait)
    };
    ticks.map(&mut at).collect()
}

#[test]
fn walks_match_their_vectors() {
    let about = "Walks on a map of 20 x 20 tiles, from tick 100 on. `walls` are rectangles of tiles. `turns` are the \
                 commands, with the tick at which each takes effect. Those with an angle have a speed \
                 of `speeds`. `body` is half the width and half the height of the body. `blockers` are bodies that rest: \
                 left, top, right, bottom. `path` has the position of the body after every tick from 100 on, and its \
                 gait from there: [x, y, gait byte], or [x, y, gait byte, vx, vy] with the velocity of a free heading. \
                 `unit_vectors` has [x, y] of each angle.";
    let vectors: Value = (0..=255)
        .map(motion::unit_vector)
        .map(|(x, y)| json!([x, y]))
        .collect();
    let mut file = File::new("motion.json", "walks", about)
        .head("speeds", json!(SPEEDS).to_string())
        .head("unit_vectors", vectors.to_string());
    let mut paths = Vec::new();
    for walk in walks() {
        let mut grid = WallGrid::new(20, 20, walk.tile_px);
        walk.walls.iter().for_each(|rect| grid.block_rect(*rect));
        assert!(grid.is_free_for(walk.body, walk.start), "{}", walk.name);
        let path = stepped(&walk, &grid);
        assert_eq!(coursed(&walk, &grid), path, "{}", walk.name);
        let turn = |&(tick, heading): &(u32, MoveHeading)| {
            let tick = Tick(tick);
            let mut turn = json!(Move {
                seq: 0,
                tick,
                heading
            });
            turn.as_object_mut().unwrap().remove("seq");
            turn
        };
        let path: Value = path
            .iter()
            .map(|(place, gait)| {
                let mut step = vec![json!(place.x), json!(place.y)];
                step.extend(gait_numbers(*gait));
                Value::from(step)
            })
            .collect();
        file.entry(&[
            ("name", quoted(walk.name)),
            ("meaning", quoted(walk.meaning)),
            ("tile_px", walk.tile_px.to_string()),
            ("walls", serde_json::to_string(&walk.walls).unwrap()),
            ("start", format!("[{}, {}]", walk.start.x, walk.start.y)),
            ("body", format!("[{}, {}]", walk.body.half_x, walk.body.half_y)),
            ("blockers", json!(walk.blockers).to_string()),
            (
                "turns",
                walk.turns.iter().map(turn).collect::<Value>().to_string(),
            ),
            ("path", path.to_string()),
        ]);
        paths.push(path);
    }
    let vectors = file.check();
    assert!(vectors.iter().map(|vector| &vector["path"]).eq(&paths));
    let gaits = || {
        paths
            .iter()
            .flat_map(|path| path.as_array().unwrap())
            .map(|step| step[2].as_u64().unwrap())
    };
    for bits in [0x20, 0x40, 0x60] {
        assert!(
            gaits().any(|gait| gait & 0x60 == bits),
            "no vector blocked by 0x{bits:x}"
        );
    }
}

#[test]
fn unit_vectors_follow_the_formula_and_point_clockwise() {
    for angle in 0..=255_u8 {
        let turns = f64::from(angle) * std::f64::consts::TAU / 256.0;
        let scaled = |part: f64| (part * f64::from(UNIT_VECTOR_SCALE)).round() as i32;
        assert_eq!(
            motion::unit_vector(angle),
            (scaled(turns.cos()), scaled(turns.sin())),
            "{angle}"
        );
    }
    let scale = UNIT_VECTOR_SCALE;
    assert_eq!(motion::unit_vector(0), (scale, 0), "east");
    assert_eq!(motion::unit_vector(64), (0, scale), "south");
}
