//! Doors and spawn points that no player can use are errors; those that nobody can walk to are
//! warnings.

use std::fmt::Write as _;

use crate::directory::Directory;

/// A map drawn with characters, a tile of 16 px each: `#` is a wall, `d` the spawn point `default`,
/// `e` another one. Doors are rectangles in pixels and lead to the map itself.
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
fn doors_that_nobody_can_enter_are_errors_and_all_are_reported() {
    let doors = [(96, 48, 64, 32), (153, 0, 7, 48), (120, 0, 8, 48), (0, 0, 160, 8)];
    let errors = said("doors", HALL, &doors).unwrap_err();
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
fn a_door_out_of_reach_is_a_warning() {
    let rows = &["....#.....", ".d..#..#..", "....#.....", "....#....."];
    let warnings = said("far", rows, &[(130, 10, 20, 20), (40, 0, 8, 60)]).unwrap();
    assert_eq!(
        warnings,
        ["office.tmx: door (object 10) at 130, 10 px: no player can walk to it from any spawn point"]
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
        errors[0].starts_with("office.tmx: spawn point \"east\" (object 2) at 136, 40 px: is walled in"),
        "{errors:#?}"
    );
    assert_eq!(said("closet", rows, &[(130, 34, 10, 10)]), {
        // A closet whose door one appears in would be refused for that; beside it, one cannot
        // stand.
        Err(vec![
            "office.tmx: spawn point \"east\" (object 2) at 136, 40 px: is in a door: players that arrive there would \
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
            "office.tmx: spawn point \"east\" (object 2) at 136, 24 px: neither a door nor the spawn point `default` can be walked to from there"
        ]
    );
    let warnings = said("doorless", rows, &[(130, 40, 20, 20)]).unwrap();
    assert_eq!(
        warnings,
        ["office.tmx: spawn point \"default\" (object 1) at 24, 24 px: no door can be walked to from there"]
    );
}

/// A map of 40 x 12 tiles without doors, with a closed room of 4 x 4 tiles: `inside` is in it,
/// `outside` is not.
fn with_a_room(inside: char, outside: &str) -> Vec<String> {
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

fn said_of_room(name: &str, inside: char, outside: &str, doors: &[(i32, i32, i32, i32)]) -> Vec<String> {
    let rows = with_a_room(inside, outside);
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    said(name, &rows, doors).unwrap()
}

#[test]
fn a_spawn_point_in_a_pocket_is_walled_in() {
    let walled = |spawn: &str| {
        let id = if spawn == "default" { 1 } else { 2 };
        format!(
            "office.tmx: spawn point {spawn:?} (object {id}) at 40, 40 px: is walled in: no door and less than 3 % of the map's floor can be walked to \
             from there"
        )
    };
    // Without doors, whichever spawn point it is.
    assert_eq!(said_of_room("room-d", 'd', "e", &[]), [walled("default")]);
    assert_eq!(said_of_room("room-e", 'e', "d", &[]), [walled("east")]);
    assert_eq!(said_of_room("room-one", 'd', "", &[]), [walled("default")]);
    // With a door elsewhere.
    let door = [(500, 100, 16, 16)];
    assert_eq!(said_of_room("room-door", 'd', "e", &door), [walled("default")]);
    // With its own door it is not.
    let doors = [(500, 100, 16, 16), (56, 56, 16, 16)];
    assert_eq!(said_of_room("room-doors", 'd', "e", &doors), [""; 0]);
}

#[test]
fn a_walled_in_spawn_point_of_the_plaza_is_reported() {
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
        let directory = Directory::with(&format!("plaza-{spawn}"), &[("plaza.tmx", &text)]);
        let warnings = directory.look().unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        let start = format!("plaza.tmx: spawn point {spawn:?}");
        assert!(
            warnings[0].starts_with(&start) && warnings[0].contains("is walled in"),
            "{warnings:#?}"
        );
    }
}

#[test]
fn files_that_look_like_maps_are_reported() {
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
            "Cellar.TMX: is not read, only *.tmx files are: write the extension in lower case",
            "attic.tmj: is not read, only *.tmx files are: in Tiled, export it as TMX",
        ]
    );
    // Beside an error they are also reported.
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

#[test]
fn objects_that_look_like_doors_or_spawn_points_are_reported() {
    use crate::tmx::with;
    let look = |name: &str, from: &str, to: &str| {
        let text = with(from, to);
        Directory::with(name, &[("small.tmx", &text)]).look()
    };
    let spawn = "type=\"spawn\"";
    for class in ["spwan", "Spawn", "spawns", "door"] {
        assert_eq!(
            look(&format!("class-{class}"), spawn, &format!("type=\"{class}\"")).unwrap(),
            [format!(
                "small.tmx: spawn point \"default\" (object 1) at 48, 40.5 px: is of class {class:?} and is read as a spawn \
                 point: leave the class empty or write `spawn`"
            )]
        );
    }
    for class in ["", "entrance"] {
        let text = format!("type=\"{class}\"");
        assert_eq!(
            look(&format!("class-good{class}"), spawn, &text).unwrap(),
            [""; 0],
            "{class}"
        );
    }
    // In a layer that is not read, also within a group.
    let objects = "<objectgroup id=\"8\" name=\"things\">\
                   <object id=\"20\" type=\"dor\" x=\"64\" y=\"32\" width=\"8\" height=\"8\"/>\
                   <object id=\"21\" name=\"b\" x=\"72\" y=\"32\" width=\"8\" height=\"8\"><properties>\
                   <property name=\"to_map\" value=\"small\"/></properties></object>\
                   <object id=\"22\" type=\"floor\" x=\"64\" y=\"32\"><point/></object>\
                   </objectgroup>";
    let within = format!("<group id=\"7\" name=\"g\">{objects}</group>");
    for (name, layers) in [("layer", objects), ("group", &within)] {
        let told = look(&format!("other-{name}"), "</map>", &format!("{layers}</map>")).unwrap();
        let end = "looks like a door, but is not read: move it to the object layer `doors` at the top level";
        assert_eq!(
            told,
            [
                format!("small.tmx: door (object 20) at 64, 32 px: {end}"),
                format!("small.tmx: door \"b\" (object 21) at 72, 32 px: {end}"),
            ]
        );
    }
}
