//! A new room has the objects that its map places, with the components that game logic makes of
//! their properties.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    map::{Map, MapObject},
    motion::{Direction, Position},
};
use parlour_sim::{
    ConfigError, CurrentPosition, EntityKinds, InvalidRoomType, NewRoom, Object, ObjectKind, RoomTypeConfig,
    SimConfig, Simulation, SimulationApp as _,
};
use parlour_testing::{
    SessionActions as _, TestWorld, generous_rules,
    maps::{connected_maps, door, open_map},
    objects_in,
};
use parlour_tick::{TickInput, TickOutput};
use serde::{Deserialize, Serialize};

#[derive(Component, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Label(String);

fn kinds(app: &mut App) {
    app.object_kind(ObjectKind::new("plant"));
    app.object_kind(
        ObjectKind::new("chair")
            .with::<Label>("label")
            .placed(|place, chair| {
                let wood = place.property("wood").unwrap_or("none");
                chair.insert(Label(format!("{} {wood} {:?}", place.name, place.size_px)));
            }),
    );
}

fn placed(class: &str, x: i32) -> MapObject {
    MapObject {
        name: format!("{class}-{x}"),
        class: class.into(),
        position: Position::from_px(x, 50),
        size_px: (20, 10),
        properties: vec![("wood".into(), "oak".into())],
    }
}

fn furnished(name: &str) -> Map {
    let mut map = open_map(name, 20, 1);
    let objects = [
        ("chair", 40),
        ("ghost", 60),
        ("plant", 80),
        ("player", 90),
        ("chair", 100),
    ];
    map.objects = objects.map(|(class, x)| placed(class, x)).to_vec();
    map
}

fn config() -> SimConfig {
    let mut config = SimConfig::new(vec![Arc::new(furnished("hall"))]);
    config.rules = generous_rules();
    config
}

/// The id, kind, place and label of each object, by id.
fn objects(world: &World, room: &str) -> Vec<(u32, String, i32, Option<String>)> {
    let entities = world.iter_entities();
    let room = world.resource::<parlour_sim::Rooms>().get(room).unwrap();
    let mut found: Vec<_> = entities
        .filter_map(|entity| {
            let object = entity.get::<Object>().filter(|object| object.room() == room)?;
            let kind = world.resource::<EntityKinds>().get(object.kind()).unwrap();
            let label = entity.get::<Label>().map(|label| label.0.clone());
            let place = entity.get::<CurrentPosition>().unwrap().0;
            Some((object.id().0, kind.name().to_owned(), place.x / 256, label))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_new_room_has_the_objects_of_its_map_in_order() {
    let mut world = TestWorld::with_plugins(config(), kinds);
    world.open_and_join(1, "hall");
    world.tick();
    let chair = |x| Some(format!("chair-{x} oak (20, 10)"));
    assert_eq!(
        objects(world.sim.world(), "hall"),
        [
            (1, "chair".into(), 40, chair(40)),
            (2, "plant".into(), 80, None),
            (3, "chair".into(), 100, chair(100)),
        ]
    );
    assert_eq!(world.output.counts.objects, 3);
}

#[test]
fn every_instance_and_every_new_life_of_a_room_has_its_own_objects() {
    let mut world = TestWorld::with_plugins(config(), kinds);
    world.open_and_join(1, "hall");
    world.open_and_join(2, "hall/2");
    world.tick();
    assert_eq!(world.output.counts.objects, 6);
    world.leave(1);
    world.tick();
    assert!(world.sim.remove_room("hall"));
    world.tick();
    assert_eq!(world.output.counts.objects, 3);
    world.join(1, "hall");
    world.tick();
    let ids: Vec<_> = objects(world.sim.world(), "hall")
        .iter()
        .map(|(id, ..)| *id)
        .collect();
    assert_eq!(ids, [7, 8, 9]);
}

#[test]
fn a_room_behind_a_door_has_the_objects_of_its_map() {
    let mut maps = connected_maps();
    let mut east = Map::clone(&maps[0]);
    east.doors = vec![door([140, 80, 20, 64], "west")];
    maps[0] = Arc::new(east);
    let mut west = Map::clone(&maps[1]);
    west.objects = vec![placed("chair", 40)];
    maps[1] = Arc::new(west);
    let mut config = SimConfig::new(maps);
    config.rules = generous_rules();
    let mut world = TestWorld::with_plugins(config, kinds);
    world.open_and_join(1, "east");
    world.tick();
    assert_eq!(world.output.counts.objects, 0);
    world.walk(1, Direction::East);
    for _ in 0..600 {
        world.tick();
        if world.room("west").is_some() {
            break;
        }
    }
    assert_eq!(objects(world.sim.world(), "west").len(), 1);
}

#[test]
fn a_loaded_world_does_not_place_them_again() {
    let mut world = TestWorld::with_plugins(config(), kinds);
    world.open_and_join(1, "hall");
    world.tick();
    let saved = world.saved();
    let mut loaded = Simulation::load(config(), kinds, &saved).unwrap();
    assert_eq!(loaded.hash(), world.sim.hash());
    loaded.step(&mut TickInput::default(), &mut TickOutput::default());
    world.tick();
    assert_eq!(loaded.hash(), world.sim.hash());
    assert_eq!(
        objects(loaded.world(), "hall"),
        objects(world.sim.world(), "hall")
    );
}

#[test]
fn a_room_that_game_logic_narrows_has_as_many_as_it_may() {
    let narrow = |app: &mut App| {
        kinds(app);
        app.accept_room(|room: &mut NewRoom<'_>| {
            room.rules.max_objects = 2;
            Ok(())
        });
    };
    let mut world = TestWorld::with_plugins(config(), narrow);
    world.open_and_join(1, "hall");
    world.tick();
    assert_eq!(objects_in(world.sim.world(), "hall").len(), 2);
}

#[test]
fn a_map_with_more_objects_than_its_rooms_may_have_is_refused() {
    let mut config = config();
    config.rules.max_objects = 5;
    assert_eq!(config.check(), Ok(()));
    config.rules.max_objects = 4;
    let too_many = |map: &str| ConfigError::TooManyObjects {
        map: map.into(),
        placed: 5,
        most: 4,
    };
    assert_eq!(config.check(), Err(too_many("hall")));
    // A type that names the map has its own rules.
    let mut own = RoomTypeConfig::new("hall", "hall");
    own.rules.max_objects = 5;
    config.room_types = vec![own.clone()];
    assert_eq!(config.check(), Ok(()));
    own.rules.max_objects = 4;
    config.room_types = vec![own];
    let error = config.check().unwrap_err();
    assert!(
        matches!(
            error,
            ConfigError::RoomType {
                why: InvalidRoomType::TooManyObjects {
                    placed: 5,
                    most: 4,
                    ..
                },
                ..
            }
        ),
        "{error}"
    );
}
