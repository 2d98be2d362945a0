//! Walks tick by tick, for clients that predict motion in other languages:
//! `assets/wire/motion.json`.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    ids::Tick,
    motion::{self, Course, Direction, Heading, Position, TileRect, WallGrid},
};
use serde_json::{Value, json};
use support::{
    golden::{File, quoted},
    naive::Walker,
};

const FIRST_TICK: u32 = 100;

struct Walk {
    name: &'static str,
    meaning: &'static str,
    tile_px: u16,
    walls: Vec<TileRect>,
    start: Position,
    /// Tick, direction, sprint.
    turns: Vec<(u32, Direction, bool)>,
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
            turns: vec![
                (101, East, false),
                (104, Southeast, true),
                (108, West, true),
                (112, Northwest, false),
                (116, Still, false),
            ],
            ticks: 18,
        },
        Walk {
            name: "stop",
            meaning: "Straight into a wall: a last short step ends flush against it",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 20)],
            start: px(140, 100),
            turns: vec![(102, East, false), (112, West, false)],
            ticks: 14,
        },
        Walk {
            name: "slide",
            meaning: "Diagonally against a wall, along it, and past its end",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 8)],
            start: px(145, 110),
            turns: vec![(100, Southeast, false)],
            ticks: 24,
        },
        Walk {
            name: "slide_up",
            meaning: "Diagonally along a wall to the south, and past its end",
            tile_px: 16,
            walls: vec![wall(3, 10, 4, 1)],
            start: px(100, 150),
            turns: vec![(100, Southeast, true)],
            ticks: 14,
        },
        Walk {
            name: "corner",
            meaning: "Into a corner and out again",
            tile_px: 16,
            walls: vec![wall(10, 0, 1, 20), wall(0, 10, 20, 1)],
            start: px(145, 147),
            turns: vec![
                (100, Southeast, true),
                (106, Southwest, false),
                (110, Northeast, false),
                (114, South, true),
            ],
            ticks: 18,
        },
        Walk {
            name: "edge",
            meaning: "Everything outside the map is wall",
            tile_px: 16,
            walls: vec![],
            start: px(9, 10),
            turns: vec![(100, Northwest, true), (105, Southwest, false)],
            ticks: 10,
        },
        Walk {
            name: "small_tiles",
            meaning: "Tiles that are smaller than a body, and a start between pixels",
            tile_px: 8,
            walls: vec![wall(9, 3, 1, 1), wall(12, 5, 2, 1)],
            start: Position { x: 14_001, y: 8_003 },
            turns: vec![(100, Southeast, true), (110, Northeast, true)],
            ticks: 24,
        },
    ]
}

/// Returns the position and gait byte at each tick, by stepping every tick.
fn stepped(walk: &Walk, grid: &WallGrid) -> Vec<(Position, u8)> {
    let mut walker = Walker::new(grid, walk.start);
    let ticks = FIRST_TICK..=FIRST_TICK + walk.ticks;
    let mut at = |tick: u32| {
        if tick > FIRST_TICK {
            walker.step();
        }
        if let Some(&(_, direction, sprint)) = walk.turns.iter().find(|turn| turn.0 == tick) {
            walker.turn(Heading::keys(direction, sprint));
        }
        (walker.position, walker.gait.to_byte())
    };
    ticks.map(&mut at).collect()
}

/// Returns the same as [`stepped`], from the course.
fn coursed(walk: &Walk, grid: &WallGrid) -> Vec<(Position, u8)> {
    let mut course = Course::still(Tick(FIRST_TICK), walk.start);
    let ticks = FIRST_TICK..=FIRST_TICK + walk.ticks;
    let mut at = |tick: u32| {
        if Tick(tick) >= course.review {
            course = motion::contact(grid, &course, Tick(tick));
        }
        if let Some(&(_, direction, sprint)) = walk.turns.iter().find(|turn| turn.0 == tick) {
            let here = course.segment.at(Tick(tick));
            course = motion::turn(grid, here, Heading::keys(direction, sprint), Tick(tick));
        }
        (course.segment.at(Tick(tick)), course.segment.gait.to_byte())
    };
    ticks.map(&mut at).collect()
}

#[test]
fn walks_match_their_vectors() {
    let about = "Walks on a map of 20 x 20 tiles, from tick 100 on. `walls` are rectangles of tiles. `turns` are the \
                 commands, with the tick at which each takes effect. `path` has [x, y, gait byte] for every tick from \
                 100 on: the position of a body after the tick, and its gait from there.";
    let mut file = File::new("motion.json", "walks", about);
    let mut paths = Vec::new();
    for walk in walks() {
        let mut grid = WallGrid::new(20, 20, walk.tile_px);
        walk.walls.iter().for_each(|rect| grid.block_rect(*rect));
        assert!(grid.is_free(walk.start), "{}", walk.name);
        let path = stepped(&walk, &grid);
        assert_eq!(coursed(&walk, &grid), path, "{}", walk.name);
        let turn = |&(tick, direction, sprint): &(u32, Direction, bool)| json!({ "tick": tick, "direction": direction, "sprint": sprint });
        let path: Value = path
            .iter()
            .map(|(place, gait)| json!([place.x, place.y, gait]))
            .collect();
        file.entry(&[
            ("name", quoted(walk.name)),
            ("meaning", quoted(walk.meaning)),
            ("tile_px", walk.tile_px.to_string()),
            ("walls", serde_json::to_string(&walk.walls).unwrap()),
            ("start", format!("[{}, {}]", walk.start.x, walk.start.y)),
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
