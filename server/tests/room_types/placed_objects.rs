//! Objects of maps must be of kinds that the game logic of their rooms declares.

use std::sync::Arc;

use parlour::{RoomType, Server, ServerBuilder, maps};
use parlour_shared::{
    map::{Map, MapObject},
    motion::Position,
};
use parlour_sim::{ObjectKind, SimulationApp as _};

fn placed(class: &str, x: i32) -> MapObject {
    MapObject {
        name: if x == 40 { "seat".into() } else { String::new() },
        class: class.into(),
        position: Position::from_px(x, 100),
        ..MapObject::default()
    }
}

/// Returns a server whose lobby has these objects.
fn builder(classes: &[&str]) -> ServerBuilder {
    let mut maps = maps::load(None).unwrap();
    let lobby = maps.iter_mut().find(|map| map.name == "lobby").unwrap();
    let mut furnished = Map::clone(lobby);
    let objects = classes.iter().zip(1..);
    furnished.objects = objects.map(|(class, n)| placed(class, 40 * n)).collect();
    *lobby = Arc::new(furnished);
    Server::builder().maps(maps)
}

fn mistakes(builder: &ServerBuilder) -> Vec<String> {
    let errors = builder.check().expect_err("the types have mistakes");
    errors.0.iter().map(ToString::to_string).collect()
}

fn furniture(app: &mut bevy_app::App) {
    app.object_kind(ObjectKind::new("chair"));
    app.object_kind(ObjectKind::new("table"));
}

#[test]
fn each_object_has_a_kind_of_the_logic_of_its_rooms() {
    let builder = builder(&["chair", "table"]).plugins(furniture);
    builder.check().unwrap();
    assert_eq!(builder.options().left_out_objects(), None);
}

#[test]
fn an_unknown_class_is_an_error_that_names_map_object_and_kinds() {
    let unknown = builder(&["chiar", "table", "lamp"]).plugins(furniture);
    assert_eq!(
        mistakes(&unknown),
        [
            "room type \"lobby\": the map \"lobby\" places the object \"seat\" at 40, 100 px of class \"chiar\", which \
             is no kind of objects: did you mean `chair`?",
            "room type \"lobby\": the map \"lobby\" places the object at 120, 100 px of class \"lamp\", which is no \
             kind of objects: the kinds are chair, table",
        ]
    );
    let player = builder(&["player"]).plugins(furniture);
    assert_eq!(mistakes(&player).len(), 1);
}

#[test]
fn each_type_is_checked_with_its_own_logic() {
    let games = |app: &mut bevy_app::App| {
        app.object_kind(ObjectKind::new("ball"));
    };
    let builder = builder(&["chair"])
        .plugins(furniture)
        .room_type(RoomType::new("football").map("lobby").plugins(games));
    assert_eq!(
        mistakes(&builder),
        [
            "room type \"football\": the map \"lobby\" places the object \"seat\" at 40, 100 px of class \"chair\", \
             which is no kind of objects: the kinds are ball"
        ]
    );
}

#[test]
fn a_map_with_more_objects_than_its_type_allows_is_an_error() {
    let type_with = |most| {
        let small = RoomType::new("small")
            .map("lobby")
            .rules(move |rules| rules.max_objects = most);
        builder(&["chair", "chair"]).plugins(furniture).room_type(small)
    };
    type_with(2).check().unwrap();
    assert_eq!(
        mistakes(&type_with(1)),
        [
            "room type \"small\": the map \"lobby\" places 2 objects, and the rule `max_objects` is 1: raise the rule, or \
          remove objects"
        ]
    );
}

#[test]
fn without_any_kind_the_objects_are_left_out_with_a_warning() {
    let builder = builder(&["chair", "lamp"]);
    builder.check().unwrap();
    assert_eq!(
        builder.options().left_out_objects().as_deref(),
        Some(
            "the game logic of this server declares no kinds of objects, so rooms are without the objects of their maps: \
             lobby"
        )
    );
}

#[test]
fn many_mistakes_in_one_map_are_reported_once_or_three_times() {
    let builder = builder(&["lamp"; 100]).plugins(furniture);
    assert_eq!(mistakes(&builder).len(), 3);
}
