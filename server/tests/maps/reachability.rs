//! Doors that no player can enter and spawn points without a way out are errors. Doors and spawn
//! points that cannot be reached on foot are warnings.

use std::fmt::Write as _;

use crate::{map_directory::MapDirectory, small_map::small_map_with};

/// The position and size of a door in pixels.
type Rectangle = (i32, i32, i32, i32);

/// Returns the map `office`, drawn with characters for tiles of 16 px: `#` is a wall, `d` the spawn
/// point `default`, `e` the spawn point `east`. The doors lead to the map itself.
fn office(rows: &[&str], doors: &[Rectangle]) -> String {
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

/// Returns the warnings or the errors about the map `office`.
fn check(rows: &[&str], doors: &[Rectangle]) -> Result<Vec<String>, Vec<String>> {
    MapDirectory::with(&[("office.tmx", &office(rows, doors))]).warnings()
}

const HALL: &[&str] = &[
    "..........",
    ".d........",
    "..........",
    "......####",
    "......####",
];

#[test]
fn a_door_that_a_player_can_reach_is_accepted() {
    assert_eq!(check(HALL, &[(120, 0, 8, 48), (0, 40, 20, 20)]), Ok(vec![]));
    // The middle of a body reaches up to 8 px from the edge of the map. A door may start there.
    assert_eq!(check(HALL, &[(152, 0, 8, 48)]), Ok(vec![]));
}

#[test]
fn all_doors_that_no_player_can_enter_are_errors() {
    let doors = [(96, 48, 64, 32), (153, 0, 7, 48), (120, 0, 8, 48), (0, 0, 160, 8)];
    let errors = check(HALL, &doors).unwrap_err();
    let starts = [
        "office.tmx: door (object 10) at 96, 48 px",
        "office.tmx: door (object 11) at 153, 0 px",
        "office.tmx: door (object 13) at 0, 0 px",
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
fn a_door_that_cannot_be_reached_is_a_warning() {
    let rows = &["....#.....", ".d..#..#..", "....#.....", "....#....."];
    let warnings = check(rows, &[(130, 10, 20, 20), (40, 0, 8, 60)]).unwrap();
    assert_eq!(
        warnings,
        ["office.tmx: door (object 10) at 130, 10 px: no player can walk to it from any spawn point"]
    );
}

#[test]
fn a_player_fits_through_a_gap_of_one_tile() {
    let rows = &["....#.....", ".d........", "....#.....", "....#....."];
    assert_eq!(check(rows, &[(130, 10, 20, 20)]), Ok(vec![]));
}

#[test]
fn a_spawn_point_without_a_way_out_is_an_error() {
    let rows = &["...........", ".d.....###.", ".......#e#.", ".......###."];
    let errors = check(rows, &[]).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(
        errors[0].starts_with("office.tmx: spawn point \"east\" (object 2) at 136, 40 px: is walled in"),
        "{errors:#?}"
    );
    // A door does not help: in a space of one tile, the spawn point is inside it.
    assert_eq!(
        check(rows, &[(130, 34, 10, 10)]),
        Err(vec![
            "office.tmx: spawn point \"east\" (object 2) at 136, 40 px: is in a door: players that arrive there would \
             have to leave it before it opens"
                .to_owned()
        ])
    );
}

#[test]
fn a_spawn_point_without_a_way_to_a_door_is_a_warning() {
    let rows = &["....#.....", ".d..#...e.", "....#.....", "....#....."];
    let warnings = check(rows, &[]).unwrap();
    assert_eq!(
        warnings,
        [
            "office.tmx: spawn point \"east\" (object 2) at 136, 24 px: neither a door nor the spawn point `default` can be reached from there"
        ]
    );
    let warnings = check(rows, &[(130, 40, 20, 20)]).unwrap();
    assert_eq!(
        warnings,
        ["office.tmx: spawn point \"default\" (object 1) at 24, 24 px: no door can be reached from there"]
    );
}

/// Returns the rows of a map of 40 x 12 tiles with a closed room of 4 x 4 tiles. The spawn point
/// `inside` is in the room, the spawn point `outside` is not.
fn rows_with_closed_room(inside: char, outside: &str) -> Vec<String> {
    let row = |text: &str| format!("{text:.<40}");
    let mut rows = vec![
        row("######"),
        row("#....#"),
        row(&format!("#.{inside}..#")),
        row("#....#"),
        row("#....#"),
        row("######"),
    ];
    rows.extend((0..5).map(|_| row("")));
    rows.push(format!("{outside:.>40}"));
    rows
}

fn check_with_closed_room(inside: char, outside: &str, doors: &[Rectangle]) -> Vec<String> {
    let rows = rows_with_closed_room(inside, outside);
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    check(&rows, doors).unwrap()
}

#[test]
fn a_spawn_point_in_a_closed_room_without_a_door_is_reported() {
    let warning = |spawn: &str| {
        let id = if spawn == "default" { 1 } else { 2 };
        format!(
            "office.tmx: spawn point {spawn:?} (object {id}) at 40, 40 px: is in a small part of the map: no door and less than 3 % of the floor can be reached from \
             there"
        )
    };
    // Without doors, for both spawn points.
    assert_eq!(check_with_closed_room('d', "e", &[]), [warning("default")]);
    assert_eq!(check_with_closed_room('e', "d", &[]), [warning("east")]);
    assert_eq!(check_with_closed_room('d', "", &[]), [warning("default")]);
    // With a door outside the room.
    let door = [(500, 100, 16, 16)];
    assert_eq!(check_with_closed_room('d', "e", &door), [warning("default")]);
    // With a door inside the room there is no warning.
    let doors = [(500, 100, 16, 16), (56, 56, 16, 16)];
    assert_eq!(check_with_closed_room('d', "e", &doors), [""; 0]);
}

#[test]
fn a_spawn_point_in_a_small_part_of_a_large_map_is_reported() {
    let plaza = include_str!("../../../assets/maps/plaza.tmx");
    let begin = plaza.find("name=\"walls\"").unwrap();
    let begin = begin + plaza[begin..].find("<data").unwrap();
    let end = begin + plaza[begin..].find("</data>").unwrap();
    let (head, rows) = plaza[begin..end].split_once('\n').unwrap();
    for (spawn, middle) in [("r0c0", 10_usize), ("default", 70)] {
        // Walls around 11 x 11 tiles.
        let is_wall = |x: usize, y: usize| x.abs_diff(middle).max(y.abs_diff(middle)) == 6;
        let rows = rows.lines().enumerate().map(|(y, row)| {
            let tiles = row.split(',').enumerate();
            let tiles = tiles.map(|(x, tile)| if is_wall(x, y) { "1" } else { tile });
            tiles.collect::<Vec<_>>().join(",")
        });
        let rows: Vec<String> = rows.collect();
        let text = format!(
            "{}{head}\n{}\n{}",
            &plaza[..begin],
            rows.join("\n"),
            &plaza[end..]
        );
        let warnings = MapDirectory::with(&[("plaza.tmx", &text)]).warnings().unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        let start = format!("plaza.tmx: spawn point {spawn:?}");
        assert!(
            warnings[0].starts_with(&start) && warnings[0].contains("is in a small part of the map"),
            "{warnings:#?}"
        );
    }
}

#[test]
fn files_that_look_like_maps_but_are_not_read_are_reported() {
    let good = office(HALL, &[]);
    let files = [
        ("office.tmx", good.as_str()),
        ("Cellar.TMX", &good),
        ("attic.tmj", "{}"),
        ("tiles.png", ""),
        ("notes.txt", ""),
    ];
    let warnings = MapDirectory::with(&files).warnings().unwrap();
    assert_eq!(
        warnings,
        [
            "Cellar.TMX: is not read, only *.tmx files are: write the extension in lower case",
            "attic.tmj: is not read, only *.tmx files are: in Tiled, export it as TMX",
        ]
    );
    // They are reported together with errors.
    let errors = MapDirectory::with(&[("a.tmx", "<map"), ("attic.tmj", "")])
        .warnings()
        .unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(
        errors[1].starts_with("warning: attic.tmj: is not read"),
        "{errors:#?}"
    );
}

/// 500 x 500 tiles are a million cells of the search.
#[test]
fn the_reachability_of_a_large_map_is_checked() {
    let first = format!("d{}", ".".repeat(499));
    let row = ".".repeat(500);
    let mut rows = vec![row.as_str(); 500];
    rows[0] = &first;
    assert_eq!(check(&rows, &[(7_900, 7_900, 8, 8)]), Ok(vec![]));
}

#[test]
fn objects_that_look_like_doors_or_spawn_points_are_reported() {
    let warnings = |from: &str, to: &str| {
        let text = small_map_with(from, to);
        MapDirectory::with(&[("small.tmx", &text)]).warnings().unwrap()
    };
    let spawn = "type=\"spawn\"";
    for class in ["spwan", "Spawn", "spawns", "door"] {
        assert_eq!(
            warnings(spawn, &format!("type=\"{class}\"")),
            [format!(
                "small.tmx: spawn point \"default\" (object 1) at 48, 40.5 px: is of class {class:?} and is read as a spawn \
                 point: leave the class empty or write `spawn`"
            )]
        );
    }
    for class in ["", "entrance"] {
        let text = format!("type=\"{class}\"");
        assert_eq!(warnings(spawn, &text), [""; 0], "{class}");
    }
    // Doors in a layer that is not read, at the top level and within a group.
    let objects = "<objectgroup id=\"8\" name=\"things\">\
                   <object id=\"20\" type=\"dor\" x=\"64\" y=\"32\" width=\"8\" height=\"8\"/>\
                   <object id=\"21\" name=\"b\" x=\"72\" y=\"32\" width=\"8\" height=\"8\"><properties>\
                   <property name=\"to_map\" value=\"small\"/></properties></object>\
                   <object id=\"22\" type=\"floor\" x=\"64\" y=\"32\"><point/></object>\
                   </objectgroup>";
    let within = format!("<group id=\"7\" name=\"g\">{objects}</group>");
    for layers in [objects, &within] {
        let warnings = warnings("</map>", &format!("{layers}</map>"));
        let end = "looks like a door, but is not read: move it to the object layer `doors` at the top level";
        assert_eq!(
            warnings,
            [
                format!("small.tmx: door (object 20) at 64, 32 px: {end}"),
                format!("small.tmx: door \"b\" (object 21) at 72, 32 px: {end}"),
            ]
        );
    }
}
