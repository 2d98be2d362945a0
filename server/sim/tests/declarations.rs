//! A world lists what its game logic declared for clients, with the shape of each type.
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_sim::{Declaration, DeclaredAs, ObjectKind, Reach, SimConfig, Simulation, SimulationApp as _};
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
struct Picky(std::num::NonZeroU8);

fn logic(app: &mut App) {
    app.player_message::<Throw>("throw")
        .player_action::<Picky>("pick", Reach::px(40))
        .client_message::<What>("what")
        .replicate::<Waves>("waves")
        .object_kind(ObjectKind::new("door").with::<Open>("open"))
        .replicate_room::<Open>("open");
}

fn shape(declaration: &Declaration) -> Value {
    let shape = declaration.json_shape();
    shape.map_or(Value::Null, |shape| json!([shape.format, shape.types]))
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
            (&player, "waves"),
            (&door, "open"),
            (&DeclaredAs::RoomComponent, "open"),
        ]
    );
    // Enums in enums are complete.
    let what = json!({"ENUM": {"0": {"A": "UNIT"}, "1": {"B": "UNIT"}, "2": {"C": {"NEWTYPE": "U8"}}}});
    assert_eq!(
        shape(&list[0]),
        json!([{"TYPENAME": "Throw"}, {
            "Side": {"ENUM": {
                "0": {"left": "UNIT"},
                "1": {"angle": {"NEWTYPE": "U16"}},
                "2": {"of": {"STRUCT": [{"what": {"TYPENAME": "What"}}]}},
            }},
            "Throw": {"STRUCT": [
                {"at": {"OPTION": {"TYPENAME": "Side"}}},
                {"others": {"SEQ": {"TYPENAME": "Side"}}},
            ]},
            "What": what,
        }])
    );
    assert_eq!(shape(&list[2]), json!([{"TYPENAME": "What"}, {"What": what}]));
    assert_eq!(shape(&list[1]), Value::Null, "a type that cannot be described");
    assert_eq!(list[3].binary_shape(), list[3].json_shape());
}
