//! The walls, spawn points and doors that are read from a map.

use parlour_shared::{
    map::{Door, Spawn},
    motion::Position,
};

use crate::small_map::{SMALL_MAP, parse, small_map_with};

#[test]
fn walls_spawn_points_and_doors_are_read() {
    let map = parse(SMALL_MAP).unwrap();
    assert_eq!(map.name, "small");
    assert_eq!((map.walls.size(), map.walls.tile_px()), ((4, 3), 32));
    let row = |row| [0, 1, 2, 3].map(|column| map.walls.is_wall(column, row));
    assert_eq!([row(0), row(1), row(2)], [[true, false, false, false]; 3]);
    let position = Position {
        x: 48 * 256,
        y: 40 * 256 + 128,
    };
    assert_eq!(
        map.spawns,
        [Spawn {
            name: "default".into(),
            position
        }]
    );
    // The edges of doors are rounded to whole pixels.
    let door = Door {
        x: 96,
        y: 32,
        w: 32,
        h: 64,
        to_map: "small".into(),
        to_spawn: "default".into(),
    };
    assert_eq!(map.doors, [door]);
}

#[test]
fn base64_and_flipped_tiles_are_read_as_walls() {
    // The same walls as little-endian numbers. The highest bit flips the tile in the second row.
    let base64 = "AQAAAAAAAAAAAAAAAAAAAAEAAIAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAA";
    let text = small_map_with("encoding=\"csv\"", "encoding=\"base64\"");
    let (before, rest) = text.split_once("\n1,0").unwrap();
    let (_, after) = rest.split_once("</data>").unwrap();
    let map = parse(&format!("{before}\n{base64}\n</data>{after}")).unwrap();
    assert_eq!(map.walls, parse(SMALL_MAP).unwrap().walls);
}

#[test]
fn other_layers_are_ignored() {
    let more = "</objectgroup>\n <group id=\"9\" name=\"art\"><layer id=\"10\" name=\"walls\" width=\"4\" height=\"3\">\
                <data encoding=\"csv\">1,1,1,1,1,1,1,1,1,1,1,1</data></layer>\
                <imagelayer id=\"11\"><image source=\"sky.png\" width=\"1\" height=\"1\"/></imagelayer></group>\n</map>";
    let text = small_map_with("</objectgroup>\n</map>", more);
    assert_eq!(parse(&text).unwrap(), parse(SMALL_MAP).unwrap());
}

#[test]
fn a_map_without_walls_needs_no_tileset_and_no_doors() {
    let (before, rest) = SMALL_MAP.split_once("<tileset").unwrap();
    let (_, rest) = rest.split_once("</tileset>").unwrap();
    let text = format!("{before}{rest}").replace("1,0,0,0", "0,0,0,0");
    let (before, _) = text.split_once("<objectgroup id=\"3\"").unwrap();
    let map = parse(&format!("{before}</map>")).unwrap();
    assert!(map.doors.is_empty());
    assert!(map.walls.to_rects().is_empty());
}
