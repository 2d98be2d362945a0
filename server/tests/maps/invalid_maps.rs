//! The error of each mistake that a map can have.

use parlour::maps::{self, MAX_FILE_BYTES};

use crate::small_map::{SMALL_MAP, error_with, parse};

/// The text to replace in the small map, its replacement, and the expected error.
const MISTAKES: &[(&str, &str, &str)] = &[
    // The map itself.
    (
        "orientation=\"orthogonal\"",
        "orientation=\"isometric\"",
        "line 2: the orientation",
    ),
    ("infinite=\"0\"", "infinite=\"1\"", "line 2: the map is infinite"),
    (
        "infinite=\"0\"",
        "infinite=\"&#49;\"",
        "line 2: the map is infinite",
    ),
    (
        "tileheight=\"32\" inf",
        "tileheight=\"16\" inf",
        "line 2: tiles must be square",
    ),
    (
        "tilewidth=\"32\" tileheight=\"32\" inf",
        "tilewidth=\"4\" tileheight=\"4\" inf",
        "8 to 1024 px wide",
    ),
    (
        "width=\"4\" height=\"3\" tile",
        "width=\"5000\" height=\"3\" tile",
        "line 2: 5000 x 3 tiles: a map has",
    ),
    (
        "width=\"4\" height=\"3\" tile",
        "width=\"0\" height=\"3\" tile",
        "line 2: 0 x 3 tiles: a map has",
    ),
    (
        "width=\"4\" height=\"3\" tile",
        "width=\"4096\" height=\"4096\" tile",
        "4096 x 4096 tiles",
    ),
    (
        "width=\"4\" height=\"3\" tile",
        "width=\"4294967300\" height=\"3\" tile",
        "`width`, a whole number",
    ),
    (
        "width=\"4\" height=\"3\" tile",
        "width=\"+4\" height=\"3\" tile",
        "`width`, a whole number",
    ),
    (
        "width=\"4\" height=\"3\" tile",
        "height=\"3\" tile",
        "`width`, a whole number",
    ),
    ("<map version", "<world version", "outermost element"),
    ("version=\"1.10\" ", "", "Missing attribute: version"),
    // Other files.
    (
        "<tileset firstgid=\"1\"",
        "<tileset source=\"../../etc/passwd\" firstgid=\"1\"",
        "line 4: refers to another file (a tileset)",
    ),
    (
        "type=\"spawn\"",
        "template=\"../t.tx\"",
        "line 15: refers to another file (an object template)",
    ),
    // Numbers that the reader allocates by, adds or divides by.
    (
        "tilecount=\"4\"",
        "tilecount=\"4294967295\"",
        "line 4: has more than 64 tilesets",
    ),
    (
        "columns=\"2\"",
        "",
        "line 4: <tileset> needs the attribute `columns`",
    ),
    (
        "firstgid=\"1\"",
        "firstgid=\"2\"",
        "no tileset starts at firstgid 1",
    ),
    // Layers.
    (
        "name=\"walls\"",
        "name=\"wall\"",
        "small.tmx: needs one tile layer named `walls` at the top level; it has 0",
    ),
    (
        "name=\"spawns\"",
        "name=\"spawn\"",
        "needs one object layer named `spawns`",
    ),
    (
        "name=\"walls\" width=\"4\"",
        "name=\"walls\" width=\"5\"",
        "line 7: the layer is 5 x 3 tiles",
    ),
    (
        "name=\"walls\"",
        "name=\"walls\" offsetx=\"8\"",
        "layer `walls`: the layer has an offset",
    ),
    ("1,0,0,0,\n", "", "the layer has 8 tiles and must have 12"),
    ("1,0,0,0,\n", "1,0,0,0,0,", "the layer has 13 tiles"),
    ("1,0,0,0,\n", "1,0,0&#44;0,0,", "tile data must be CSV"),
    ("1,0,0,0,\n", "1,0,0,x,\n", "small.tmx: "),
    (
        "1,0,0,0\n</data>",
        "1,0,0,0\n<!-- --></data>",
        "tile data must be CSV",
    ),
    (
        "1,0,0,0\n</data>",
        "1,0,0,0\n<tile gid=\"1\"/></data>",
        "tile data must be CSV",
    ),
    (
        "encoding=\"csv\"",
        "encoding=\"base64\" compression=\"zlib\"",
        "line 8: the tile data is compressed",
    ),
    (
        "encoding=\"csv\"",
        "encoding=\"base64\" compression=\"zstd\"",
        "line 8: the tile data is compressed",
    ),
    ("encoding=\"csv\"", "", "line 8: tile data must be CSV"),
    (
        "<data encoding=\"csv\">\n",
        "<data encoding=\"csv\"/><data encoding=\"csv\">",
        "the layer has 0 tiles",
    ),
    (
        "<data encoding=\"csv\">",
        "<data encoding=\"csv\">0,0,0,0,0,0,0,0,0,0,0,0</data><data encoding=\"csv\">",
        "two <data> elements",
    ),
    (
        "<objectgroup id=\"2\"",
        "<objectgroup id=\"1\"",
        "line 14: the id 1 is used twice",
    ),
    // Spawn points.
    (
        "<point/>",
        "<ellipse/>",
        "spawn point \"default\" (object 1) at 48, 40.5 px: must be a point",
    ),
    (
        "name=\"default\"",
        "name=\"De fault\"",
        "the name \"De fault\" must be",
    ),
    (
        "name=\"default\"",
        "name=\"other\"",
        "needs a spawn point named `default`",
    ),
    ("x=\"48\"", "x=\"32\"", "would stand in a wall"),
    ("x=\"48\"", "x=\"-1e30\"", "would stand in a wall or outside"),
    ("x=\"48\"", "x=\"NaN\"", "would stand in a wall or outside"),
    ("x=\"48\"", "x=\"100\"", "is in a door"),
    (
        "<point/></object>",
        "<point/></object><object id=\"7\" name=\"default\" x=\"64\" y=\"64\"><point/></object>",
        "with this name already exists",
    ),
    (
        "<object id=\"2\"",
        "<object id=\"1\"",
        "line 18: the id 1 is used twice",
    ),
    // Doors.
    (
        "type=\"door\"",
        "type=\"portal\"",
        "must be of class `door`: it is of class \"portal\"",
    ),
    (
        "type=\"door\"",
        "type=\"door\" rotation=\"45\"",
        "door \"out\" (object 2) at 96, 31.6 px: must be a rectangle",
    ),
    ("type=\"door\"", "type=\"door\" gid=\"1\"", "shows no tile"),
    ("x=\"96\"", "x=\"97\"", "must lie within the map"),
    ("x=\"96\"", "x=\"inf\"", "must lie within the map"),
    ("width=\"31.8\"", "width=\"0.2\"", "at least 1 px wide"),
    ("width=\"31.8\"", "width=\"-8\"", "must lie within the map"),
    (
        "name=\"to_map\"",
        "name=\"to\"",
        "needs the string property `to_map`",
    ),
    (
        "name=\"to_map\"",
        "name=\"to_map\" type=\"file\"",
        "needs the string property `to_map`",
    ),
    (
        "value=\"small\"",
        "value=\"../small\"",
        "the name \"../small\" must be",
    ),
    // Markup.
    (
        "<!-- drawn",
        "<!DOCTYPE map [<!ENTITY a \"b\">]><!-- drawn",
        "line 3: document types",
    ),
    (
        "<!-- drawn",
        "<![CDATA[ ]]><!-- drawn",
        "line 3: document types and CDATA",
    ),
    (
        "<!-- drawn",
        "<?php ?><!-- drawn",
        "line 3: processing instructions",
    ),
    ("<tileset first", "<a:tileset first", "letters, digits"),
    ("name=\"tiles\"", "name=\"tiles\" name=\"again\"", "each once"),
    ("name=\"tiles\"", "name=tiles", "written name=\"value\""),
    ("</map>", "", "ends before </map>"),
    ("</layer>", "</player>", "an end tag has no start tag"),
    ("</map>", "</map><map/>", "outermost element"),
];

#[test]
fn each_mistake_is_rejected_with_file_place_and_reason() {
    let mut wrong = Vec::new();
    for (from, to, expected) in MISTAKES {
        let error = error_with(from, to);
        let has_place = error.starts_with("maps/small.tmx: ");
        if !has_place || !error.contains(expected) || error.contains('\n') {
            wrong.push(format!("{from} -> {to}\n{error}\nshould contain\n{expected}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn excessive_files_are_rejected() {
    let around = |open: &str, close: &str, times: usize| {
        let middle = format!("{}{}", open.repeat(times), close.repeat(times));
        SMALL_MAP.replacen("</map>", &format!("{middle}</map>"), 1)
    };
    let error = |text: &str| parse(text).unwrap_err().to_string();
    assert!(error(&around("<group>", "</group>", 100_000)).contains("nested too deeply"));
    let list = around(
        "<property name=\"a\" type=\"list\"><item>",
        "</item></property>",
        50_000,
    );
    assert!(error(&list).contains("nested too deeply"));
    assert!(error(&around("<group/>", "", 200_000)).contains("has more than 100000 elements"));
    let tileset = "<tileset firstgid=\"9\" tilecount=\"1\" columns=\"1\" tilewidth=\"8\" tileheight=\"8\"/>";
    assert!(error(&around(tileset, "", 100)).contains("more than 64 tilesets"));
    let many: String = (0..300_000).map(|n| format!(" a{n}=\"\"")).collect();
    assert!(error(&around(&format!("<group{many}/>"), "", 1)).contains("longer than 16 KiB"));
    let many: String = (0..300).map(|n| format!(" a{n}=\"\"")).collect();
    assert!(error(&around(&format!("<group{many}/>"), "", 1)).contains("written name=\"value\""));
    assert!(error(&" ".repeat(MAX_FILE_BYTES + 1)).contains("larger than 4 MiB"));
    let spawns: String = (10..300)
        .map(|id| format!("<object id=\"{id}\"><point/></object>"))
        .collect();
    let text = SMALL_MAP.replacen("<point/></object>", &format!("<point/></object>{spawns}"), 1);
    assert!(error(&text).contains("more than 256 objects"));
}

#[test]
fn walls_that_do_not_fit_into_a_message_are_rejected() {
    let side = 400;
    let row = |row: usize| {
        let tiles: Vec<&str> = (0..side)
            .map(|column| {
                if (row + column).is_multiple_of(2) {
                    "1"
                } else {
                    "0"
                }
            })
            .collect();
        tiles.join(",")
    };
    let tiles: Vec<String> = (0..side).map(row).collect();
    let text = SMALL_MAP
        .replace(
            "width=\"4\" height=\"3\"",
            &format!("width=\"{side}\" height=\"{side}\""),
        )
        .replace("1,0,0,0,\n1,0,0,0,\n1,0,0,0\n", &tiles.join(",\n"));
    assert!(
        parse(&text)
            .unwrap_err()
            .to_string()
            .contains("walls consist of more")
    );
}

#[test]
fn a_file_that_is_not_text_or_has_an_invalid_name_is_rejected() {
    let parse = |name: &str, text: &[u8]| maps::parse(name, "f", text).unwrap_err().to_string();
    assert_eq!(parse("small", &[0xFF, 0xFE, b'<', 0]), "f: is not UTF-8 text");
    assert!(parse("small", b"").contains("outermost element"));
    for name in ["", "Small", "a/b", "../a", "a b", "a".repeat(33).as_str(), "ä"] {
        assert!(parse(name, SMALL_MAP.as_bytes()).contains("the name"), "{name}");
    }
}
