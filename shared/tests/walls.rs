//! Walls on the wire: a short list of rectangles that reproduces the same grid.
#![allow(clippy::unwrap_used, reason = "test helpers may panic")]

mod support;

use parlour_shared::{
    map::{Door, Map, MapInfo, Spawn},
    motion::{Position, TileRect, WallGrid},
};
use proptest::prelude::*;
use support::naive::Walker;

fn grid() -> impl Strategy<Value = WallGrid> {
    (1..70_u16, 1..40_u16, 8..40_u16, 0..=100_u32).prop_flat_map(|(width, height, tile, percent)| {
        let tiles = usize::from(width) * usize::from(height);
        prop::collection::vec(0..100_u32, tiles).prop_map(move |chances| {
            let mut grid = WallGrid::new(width, height, tile);
            for (at, chance) in chances.into_iter().enumerate() {
                if chance < percent {
                    grid.block((at % usize::from(width)) as u16, (at / usize::from(width)) as u16);
                }
            }
            grid
        })
    })
}

fn map(walls: WallGrid) -> Map {
    let spawns = vec![Spawn {
        name: "default".into(),
        position: Position::default(),
    }];
    Map {
        name: "test".into(),
        walls,
        spawns,
        doors: vec![],
        objects: vec![],
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_map_that_was_sent_has_the_same_walls(grid in grid()) {
        let info = map(grid.clone()).info();
        prop_assert_eq!(info.wall_grid(), Some(grid));
    }

    #[test]
    fn rectangles_do_not_overlap_and_are_sorted(grid in grid()) {
        let rects = grid.to_rects();
        prop_assert!(rects.is_sorted_by_key(|rect| (rect.y, rect.x)));
        let area: usize = rects.iter().map(|rect| usize::from(rect.w) * usize::from(rect.h)).sum();
        let (width, height) = grid.size();
        let walls = (0..i32::from(height)).flat_map(|row| (0..i32::from(width)).map(move |column| (column, row)));
        prop_assert_eq!(area, walls.filter(|&(column, row)| grid.is_wall(column, row)).count());
    }

    #[test]
    fn a_position_is_free_if_the_body_overlaps_no_wall(grid in grid(), places in prop::collection::vec((-2000..800_000_i32, -2000..500_000_i32), 50)) {
        let walker = Walker::new(&grid, Position::default());
        for (x, y) in places {
            let place = Position { x, y };
            prop_assert_eq!(grid.is_free(place), walker.is_free(place), "{:?}", place);
        }
    }
}

#[test]
fn a_block_is_one_rectangle_and_a_frame_is_four() {
    let mut grid = WallGrid::new(12, 9, 16);
    grid.block_rect(TileRect {
        x: 3,
        y: 2,
        w: 4,
        h: 5,
    });
    assert_eq!(
        grid.to_rects(),
        [TileRect {
            x: 3,
            y: 2,
            w: 4,
            h: 5
        }]
    );
    let mut frame = WallGrid::new(12, 9, 16);
    for rect in [(0, 0, 12, 1), (0, 8, 12, 1), (0, 0, 1, 9), (11, 0, 1, 9)] {
        frame.block_rect(TileRect {
            x: rect.0,
            y: rect.1,
            w: rect.2,
            h: rect.3,
        });
    }
    assert_eq!(frame.to_rects().len(), 4);
}

#[test]
fn everything_outside_the_map_is_wall() {
    let grid = WallGrid::new(4, 3, 16);
    assert!((0..4).all(|column| (0..3).all(|row| !grid.is_wall(column, row))));
    for (column, row) in [(-1, 0), (0, -1), (4, 0), (0, 3), (i32::MIN, 0), (0, i32::MAX)] {
        assert!(grid.is_wall(column, row), "{column} {row}");
    }
    assert!(grid.is_free(Position::from_px(8, 8)) && !grid.is_free(Position { x: 2047, y: 2048 }));
    assert!(
        grid.is_free(Position::from_px(56, 40))
            && !grid.is_free(Position {
                x: 56 * 256 + 1,
                y: 40 * 256
            })
    );
}

#[test]
fn invalid_dimensions_are_refused_and_rectangles_beyond_the_map_are_cut() {
    let info = |width, height, tile_px, walls| MapInfo {
        name: "m".into(),
        width,
        height,
        tile_px,
        walls,
        doors: vec![],
    };
    for (width, height, tile_px) in [
        (0, 5, 16),
        (5, 0, 16),
        (5, 5, 7),
        (5, 5, 1025),
        (2001, 2000, 16),
        (65_535, 1, 1024),
        (65_535, 65_535, 8),
    ] {
        assert_eq!(
            info(width, height, tile_px, vec![]).wall_grid(),
            None,
            "{width} {height} {tile_px}"
        );
    }
    let beyond = TileRect {
        x: 65_535,
        y: 4,
        w: 65_535,
        h: 65_535,
    };
    let all = TileRect {
        x: 0,
        y: 0,
        w: 65_535,
        h: 65_535,
    };
    // Walls do not overlap, so their total area cannot exceed the map.
    assert_eq!(info(5, 5, 16, vec![all, all]).wall_grid(), None);
    let grid = info(5, 5, 16, vec![beyond, all]).wall_grid().unwrap();
    assert_eq!(
        grid.to_rects(),
        [TileRect {
            x: 0,
            y: 0,
            w: 5,
            h: 5
        }]
    );
}

#[test]
fn a_door_contains_its_upper_and_left_edges_but_not_the_others() {
    let door = Door {
        x: 10,
        y: -20,
        w: 4,
        h: 2,
        to_map: String::new(),
        to_spawn: String::new(),
    };
    assert!(door.contains(Position::from_px(10, -20)));
    assert!(door.contains(Position {
        x: 14 * 256 - 1,
        y: -18 * 256 - 1
    }));
    assert!(!door.contains(Position {
        x: 14 * 256,
        y: -20 * 256
    }));
    assert!(!door.contains(Position {
        x: 10 * 256 - 1,
        y: -20 * 256
    }));
    let hostile = Door {
        x: i32::MAX,
        y: i32::MIN,
        w: i32::MAX,
        h: i32::MAX,
        ..door
    };
    assert!(!hostile.contains(Position::default()));
}
