//! Doors and spawn points that no player can use are errors; those that nobody can walk to are warnings.

use std::fmt::Write as _;

use crate::directory::Directory;

/// A map drawn with characters, a tile of 16 px each: `#` is a wall, `d` the spawn point `default`, `e` another one.
/// Doors are rectangles in pixels and lead to the map itself.
fn drawn(rows: &[&str], doors: &[(i32, i32, i32, i32)]) -> String {
    let (width, height) = (rows[0].len(), rows.len());
    let data: Vec<String> = rows
        .iter()
        .map(|row| {
            let tiles: Vec<&str> = row
                .chars()
                .map(|tile| if tile == '#' { "1" } else { "0" })
                .collect();
            tiles.join(",")
        })
        .collect();
    let mut objects = String::new();
    for (letter, name) in [('d', "default"), ('e', "east")] {
        for (y, row) in rows.iter().enumerate() {
            if let Some(x) = row.find(letter) {
                let (x, y) = (16 * x + 8, 16 * y + 8);
                let id = if letter == 'd' { 1 } else { 2 };
                let _ = write!(
                    objects,
                    "<object id=\"{id}\" name=\"{name}\" x=\"{x}\" y=\"{y}\"><point/></object>"
                );
            }
        }
    }
    let mut rectangles = String::new();
    for (index, (x, y, w, h)) in doors.iter().enumerate() {
        let id = 10 + index;
        let _ = write!(
            rectangles,
            "<object id=\"{id}\" type=\"door\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"><properties>\
             <property name=\"to_map\" value=\"office\"/><property name=\"to_spawn\" value=\"default\"/>\
             </properties></object>"
        );
    }
    format!(
        "<map version=\"1.10\" orientation=\"orthogonal\" width=\"{width}\" height=\"{height}\" tilewidth=\"16\" \
         tileheight=\"16\" infinite=\"0\">\
         <tileset firstgid=\"1\" name=\"t\" tilewidth=\"16\" tileheight=\"16\" tilecount=\"1\" columns=\"1\">\
         <image source=\"t.png\" width=\"16\" height=\"16\"/></tileset>\
         <layer id=\"1\" name=\"walls\" width=\"{width}\" height=\"{height}\"><data encoding=\"csv\">{}</data></layer>\
         <objectgroup id=\"2\" name=\"spawns\">{objects}</objectgroup>\
         <objectgroup id=\"3\" name=\"doors\">{rectangles}</objectgroup></map>",
        data.join(",\n")
    )
}

/// What is said about the map `office` in a directory of its own.
fn said(name: &str, rows: &[&str], doors: &[(i32, i32, i32, i32)]) -> Result<Vec<String>, Vec<String>> {
    let text = drawn(rows, doors);
    Directory::with(name, &[("office.tmx", &text)]).look()
}

const HALL: &[&str] = &[
    "..........",
    ".d........",
    "..........",
    "......####",
    "......####",
];

#[test]
fn a_door_that_a_player_can_walk_to_is_good() {
    assert_eq!(
        said("good", HALL, &[(120, 0, 8, 48), (0, 40, 20, 20)]),
        Ok(vec![])
    );
    // The middle of a body comes as far as 8 px before the edge, and that far a door may begin.
    assert_eq!(said("edge", HALL, &[(152, 0, 8, 48)]), Ok(vec![]));
}

#[test]
fn doors_that_nobody_can_enter_are_errors_and_all_are_told() {
    let doors = [(96, 48, 64, 32), (153, 0, 7, 48), (120, 0, 8, 48), (0, 0, 160, 8)];
    let errors = said("doors", HALL, &doors).unwrap_err();
    let starts = [
        "office.tmx: door at 96, 48 px",
        "office.tmx: door at 153, 0 px",
        "office.tmx: door at 0, 0 px",
    ];
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(
            error.starts_with(start) && error.contains("no player can enter it"),
            "{error}"
        );
    }
}

#[test]
fn a_door_out_of_reach_is_a_warning() {
    let rows = &["....#.....", ".d..#..#..", "....#.....", "....#....."];
    let warnings = said("far", rows, &[(130, 10, 20, 20), (40, 0, 8, 60)]).unwrap();
    assert_eq!(
        warnings,
        ["office.tmx: door at 130, 10 px: no player can walk to it from any spawn point"]
    );
}

#[test]
fn a_gap_of_a_bodys_width_can_be_walked_through() {
    let rows = &["....#.....", ".d........", "....#.....", "....#....."];
    assert_eq!(said("gap", rows, &[(130, 10, 20, 20)]), Ok(vec![]));
}

#[test]
fn a_spawn_point_that_is_a_cage_is_an_error() {
    let rows = &["...........", ".d.....###.", ".......#e#.", ".......###."];
    let errors = said("cage", rows, &[]).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(
        errors[0].starts_with("office.tmx: spawn point \"east\": is walled in"),
        "{errors:#?}"
    );
    assert_eq!(said("closet", rows, &[(130, 34, 10, 10)]), {
        // A closet whose door one appears in would be refused for that; beside it, one cannot stand.
        Err(vec![
            "office.tmx: spawn point \"east\" (object 2) at 136, 40 px: lies in a door: players that appear there would \
             have to leave it before it opens"
                .to_owned(),
        ])
    });
}

#[test]
fn a_spawn_point_that_leads_nowhere_is_a_warning() {
    let rows = &["....#.....", ".d..#...e.", "....#.....", "....#....."];
    let warnings = said("apart", rows, &[]).unwrap();
    assert_eq!(
        warnings,
        [
            "office.tmx: spawn point \"east\": neither a door nor the spawn point `default` can be walked to from there"
        ]
    );
    let warnings = said("doorless", rows, &[(130, 40, 20, 20)]).unwrap();
    assert_eq!(
        warnings,
        ["office.tmx: spawn point \"default\": no door can be walked to from there"]
    );
}

#[test]
fn files_that_look_like_maps_are_told() {
    let good = drawn(HALL, &[]);
    let files = [
        ("office.tmx", good.as_str()),
        ("Cellar.TMX", &good),
        ("attic.tmj", "{}"),
        ("tiles.png", ""),
        ("notes.txt", ""),
    ];
    let warnings = Directory::with("ignored", &files).look().unwrap();
    assert_eq!(
        warnings,
        [
            "Cellar.TMX: is not read, only *.tmx files are: write the ending in small letters",
            "attic.tmj: is not read, only *.tmx files are: in Tiled, export it as TMX",
        ]
    );
    // Beside an error they are told, too.
    let errors = Directory::with("both", &[("a.tmx", "<map"), ("attic.tmj", "")])
        .look()
        .unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        errors[1].starts_with("warning: attic.tmj: is not read"),
        "{errors:#?}"
    );
}

/// 500 x 500 tiles are a million cells.
#[test]
fn a_large_map_is_looked_through() {
    let first = format!("d{}", ".".repeat(499));
    let row = ".".repeat(500);
    let mut rows = vec![row.as_str(); 500];
    rows[0] = &first;
    assert_eq!(said("large", &rows, &[(7_900, 7_900, 8, 8)]), Ok(vec![]));
}
