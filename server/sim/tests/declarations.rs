//! A world lists what its game logic declared for clients, with the shape of each type.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{
    Declaration, DeclaredAs, ObjectKind, Reach, Shape, SimConfig, Simulation, SimulationApp as _,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Serialize, Deserialize)]
struct Throw {
    at: Option<Side>,
    others: Vec<Side>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    Left,
    Angle(u16),
    Of { what: What },
}

#[derive(Clone, Serialize, Deserialize)]
enum What {
    A,
    B,
    C(u8),
}

#[derive(Component, Serialize, Deserialize)]
struct Waves(u32);

#[derive(Component, Serialize, Deserialize)]
struct Open(bool);

/// A type whose `Deserialize` does not accept every value.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "u8")]
struct Picky(u8);

impl TryFrom<u8> for Picky {
    type Error = &'static str;

    fn try_from(value: u8) -> Result<Self, &'static str> {
        if value > 100 {
            Ok(Self(value))
        } else {
            Err("too low")
        }
    }
}

/// A type that contains itself.
#[derive(Clone, Serialize, Deserialize)]
struct Tree {
    children: Vec<Tree>,
    value: Expression,
}

#[derive(Clone, Serialize, Deserialize)]
enum Expression {
    One(std::num::NonZeroU8),
    Not(Box<Expression>),
}

fn logic(app: &mut App) {
    app.player_message::<Throw>("throw")
        .player_action::<Picky>("pick", Reach::px(40))
        .client_message::<What>("what")
        .client_message::<Tree>("tree")
        .replicate::<Waves>("waves")
        .object_kind(ObjectKind::new("door").with::<Open>("open"))
        .replicate_room::<Open>("open");
}

fn shape(declaration: &Declaration) -> Value {
    serde_json::to_value(declaration.json_shape()).unwrap()
}

#[test]
fn every_declaration_has_its_role_its_name_and_its_shape() {
    let world = Simulation::with_plugins(SimConfig::new(Vec::new()), logic);
    let list = world.declarations();
    let found: Vec<(&DeclaredAs, &str)> = list.iter().map(|one| (&one.role, one.name)).collect();
    let (player, door) = (
        DeclaredAs::Component("player".into()),
        DeclaredAs::Component("door".into()),
    );
    assert_eq!(
        found,
        [
            (&DeclaredAs::PlayerMessage, "throw"),
            (&DeclaredAs::PlayerAction, "pick"),
            (&DeclaredAs::ClientMessage, "what"),
            (&DeclaredAs::ClientMessage, "tree"),
            (&player, "waves"),
            (&door, "open"),
            (&DeclaredAs::RoomComponent, "open"),
        ]
    );
    // Enums in enums are complete.
    let what = json!({"enum": [
        {"name": "A", "content": null}, {"name": "B", "content": null}, {"name": "C", "content": "u8"},
    ]});
    let side = json!({"enum": [
        {"name": "left", "content": null},
        {"name": "angle", "content": "u16"},
        {"name": "of", "content": {"struct": [{"name": "what", "shape": what}]}},
    ]});
    assert_eq!(
        shape(&list[0]),
        json!({"struct": [
            {"name": "at", "shape": {"option": side}},
            {"name": "others", "shape": {"list": side}},
        ]})
    );
    assert_eq!(shape(&list[2]), what);
    assert_eq!(shape(&list[1]), Value::Null, "a type that cannot be described");
    assert_eq!(shape(&list[4]), "u32");
    assert_eq!(list[4].binary_shape(), list[4].json_shape());
}

#[test]
fn a_component_without_fields_is_a_bool() {
    #[derive(Component, Serialize, Deserialize)]
    struct It;

    #[derive(Component, Serialize, Deserialize)]
    struct Empty {
        nothing: (),
    }

    let world = Simulation::with_plugins(SimConfig::new(Vec::new()), |app: &mut App| {
        app.replicate::<It>("it").replicate::<Empty>("empty");
    });
    for declaration in world.declarations() {
        assert_eq!(declaration.json_shape(), Some(Shape::Bool));
        assert_eq!(declaration.binary_shape(), Some(Shape::Bool));
    }
}

#[test]
fn the_shape_of_a_type_that_contains_itself_ends() {
    let world = Simulation::with_plugins(SimConfig::new(Vec::new()), logic);
    let shape = world.declarations()[3].json_shape().unwrap();
    let Shape::Struct(fields) = &shape else {
        panic!("{shape:?}")
    };
    let Shape::List(child) = &fields[0].shape else {
        panic!("{shape:?}")
    };
    assert!(matches!(**child, Shape::Struct(_)));
    assert!(format!("{shape:?}").contains("Unknown"));
}

/// A type whose `Deserialize` panics.
struct Clumsy;

impl<'de> Deserialize<'de> for Clumsy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        panic!("game logic that fails for {}", u8::deserialize(deserializer)?)
    }
}

#[test]
fn a_type_that_panics_has_no_shape() {
    let world = Simulation::with_plugins(SimConfig::new(Vec::new()), |app: &mut App| {
        app.player_message::<Clumsy>("clumsy");
    });
    assert_eq!(shape(&world.declarations()[0]), Value::Null);
}
