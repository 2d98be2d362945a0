//! The objects that are read from the layer `objects` of a map.

use parlour::maps::{self, BundledMaps, MapError};
use parlour_shared::{
    map::{Map, MapObject},
    motion::Position,
};
use parlour_testing::TemporaryPath;

use crate::small_map::{SMALL_MAP, parse, small_map_with};

/// Returns the small map with a layer of objects.
fn map_with(objects: &str) -> String {
    let layer =
        format!("</objectgroup>\n <objectgroup id=\"4\" name=\"objects\">{objects}</objectgroup>\n</map>");
    small_map_with("</objectgroup>\n</map>", &layer)
}

fn read(objects: &str) -> Result<Map, MapError> {
    parse(&map_with(objects))
}

fn object(class: &str, x: i32, y: i32, size_px: (u32, u32)) -> MapObject {
    MapObject {
        class: class.into(),
        position: Position { x, y },
        size_px,
        ..MapObject::default()
    }
}

#[test]
fn rectangles_points_and_tiles_are_read_by_their_middle_in_the_order_of_the_file() {
    let map = read(
        r#"
        <object id="9" type="table" x="10" y="20" width="31" height="11"/>
        <object id="8" type="ball" x="70.25" y="50"><point/></object>
        <object id="7" type="chair" gid="1" x="32" y="64" width="32" height="32"/>"#,
    )
    .unwrap();
    assert_eq!(
        map.objects,
        [
            // 25.5 and 25.5 px.
            object("table", 6528, 6528, (31, 11)),
            object("ball", 70 * 256 + 64, 50 * 256, (0, 0)),
            // Tiled positions a tile by its lower left corner.
            object("chair", 48 * 256, 48 * 256, (32, 32)),
        ]
    );
}

#[test]
fn the_tileset_names_the_point_by_which_tiles_are_positioned() {
    let tile = r#"<object id="7" type="chair" gid="2" x="64" y="48" width="20" height="10"/>"#;
    for (alignment, x, y) in [
        ("topleft", 74, 53),
        ("top", 64, 53),
        ("topright", 54, 53),
        ("left", 74, 48),
        ("center", 64, 48),
        ("right", 54, 48),
        ("bottomleft", 74, 43),
        ("bottom", 64, 43),
        ("bottomright", 54, 43),
        ("unspecified", 74, 43),
    ] {
        let text = map_with(tile).replace(
            "<tileset firstgid",
            &format!("<tileset objectalignment=\"{alignment}\" firstgid"),
        );
        let position = parse(&text).unwrap().objects[0].position;
        assert_eq!(position, Position::from_px(x, y), "{alignment}");
    }
}

#[test]
fn properties_of_every_type_are_read_as_texts_sorted_by_name() {
    let map = read(
        r##"<object id="9" name="Ada's" type="chair" x="40" y="40"><point/><properties>
        <property name="wood" value="oak"/>
        <property name="taken" type="bool" value="true"/>
        <property name="legs" type="int" value="-4"/>
        <property name="height" type="float" value="0.5"/>
        <property name="color" type="color" value="#80ff0001"/>
        <property name="beside" type="object" value="2"/>
        <property name="sound" type="file" value="../creak.ogg"/>
        </properties></object>"##,
    )
    .unwrap();
    let [chair] = &map.objects[..] else {
        panic!("one chair")
    };
    assert_eq!(chair.name, "Ada's");
    let properties: Vec<_> = chair
        .properties
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        properties,
        [
            ("beside", "2"),
            ("color", "#80ff0001"),
            ("height", "0.5"),
            ("legs", "-4"),
            ("sound", "../creak.ogg"),
            ("taken", "true"),
            ("wood", "oak"),
        ]
    );
    assert_eq!(chair.property("legs"), Some("-4"));
    assert_eq!(chair.property("arms"), None);
}

#[test]
fn mistakes_name_the_object() {
    let properties = |count: usize, value: &str| {
        let one = |n| format!("<property name=\"p{n}\" value=\"{value}\"/>");
        let all: String = (0..count).map(one).collect();
        format!("<object id=\"9\" type=\"a\" x=\"4\" y=\"4\"><point/><properties>{all}</properties></object>")
    };
    let long = "x".repeat(257);
    for (objects, expected) in [
        (
            r#"<object id="9" name="lamp" type="light" x="40" y="40" width="8" height="8"><ellipse/></object>"#.to_owned(),
            "object \"lamp\" (object 9) at 40, 40 px: must be a rectangle, a point or a tile",
        ),
        (
            r#"<object id="9" type="a" x="40" y="40"><polygon points="0,0 9,0 9,9"/></object>"#.to_owned(),
            "must be a rectangle, a point or a tile",
        ),
        (
            r#"<object id="9" type="a" x="40" y="40" width="8" height="8" rotation="45"/>"#.to_owned(),
            "that is not rotated",
        ),
        (
            r#"<object id="9" type="a" x="128.1" y="40"><point/></object>"#.to_owned(),
            "its middle must be in the map",
        ),
        (
            r#"<object id="9" type="a" x="4" y="-9" width="8" height="8"/>"#.to_owned(),
            "its middle must be in the map",
        ),
        (
            r#"<object id="9" type="a" x="NaN" y="9"><point/></object>"#.to_owned(),
            "its middle must be in the map",
        ),
        (
            r#"<object id="9" type="a" x="1" y="1" width="-9" height="1"/>"#.to_owned(),
            "its middle must be in the map",
        ),
        (
            format!(r#"<object id="9" type="{long}" x="4" y="4"><point/></object>"#),
            "at most 256 bytes each",
        ),
        (properties(1, &long), "at most 256 bytes each"),
        (properties(33, "x"), "has more than 32 properties"),
        (
            r#"<object id="9" type="a" x="4" y="4"><point/><properties><property name="seat" type="class" propertytype="Seat"><properties><property name="n" value="1"/></properties></property></properties></object>"#.to_owned(),
            "the property \"seat\" must be a single value",
        ),
        (
            r#"<object id="2" type="a" x="4" y="4"><point/></object>"#.to_owned(),
            "the id 2 is used twice",
        ),
    ] {
        let error = read(&objects).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(read(&properties(32, &long[..256])).is_ok());
}

#[test]
fn the_layer_is_bounded_and_must_be_unique_and_without_offset() {
    let objects = |count: usize| -> String {
        (0..count)
            .map(|n| {
                format!(
                    "<object id=\"{}\" type=\"a\" x=\"4\" y=\"4\"><point/></object>",
                    n + 9
                )
            })
            .collect()
    };
    assert_eq!(read(&objects(32_767)).unwrap().objects.len(), 32_767);
    let error = read(&objects(32_768)).unwrap_err().to_string();
    assert!(
        error.contains("layer `objects`: has more than 32767 objects"),
        "{error}"
    );
    let two = map_with("").replace("</map>", "<objectgroup id=\"5\" name=\"objects\"/></map>");
    let error = parse(&two).unwrap_err().to_string();
    assert!(
        error.contains("needs one object layer named `objects`"),
        "{error}"
    );
    let moved = map_with("").replace("name=\"objects\"", "name=\"objects\" offsetx=\"4\"");
    let error = parse(&moved).unwrap_err().to_string();
    assert!(error.contains("the layer has an offset"), "{error}");
}

#[test]
fn objects_without_a_class_are_left_out_with_one_warning() {
    let text = map_with(
        r#"<object id="9" name="note" x="4" y="4"><point/></object>
        <object id="10" x="4" y="4"><point/></object>
        <object id="11" type="chair" x="4" y="4"><point/></object>"#,
    );
    assert_eq!(parse(&text).unwrap().objects.len(), 1);
    let directory = TemporaryPath::directory();
    std::fs::write(directory.0.join("small.tmx"), &text).unwrap();
    let found = maps::load_catalogue(&BundledMaps::none(), Some(&directory.0), &[]).unwrap();
    let warnings: Vec<_> = found.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("object \"note\" (object 9) at 4, 4 px: has no class"),
        "{warnings:?}"
    );
}

#[test]
fn a_kind_may_be_called_door_and_a_map_may_have_no_objects() {
    let text = map_with(r#"<object id="9" type="door" x="40" y="40"><point/></object>"#);
    let parsed = parse(&text).unwrap();
    assert_eq!((parsed.doors.len(), parsed.objects.len()), (1, 1));
    assert!(parse(SMALL_MAP).unwrap().objects.is_empty());
}
