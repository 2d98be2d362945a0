//! Declarations as JSON, with the shapes of the binary forms.

use parlour_sim::{Declaration, DeclaredAs};
use serde_json::{Value, json};

pub(super) fn json(room_type: &str, list: &[Declaration]) -> String {
    let list: Vec<Value> = list.iter().map(declaration).collect();
    json!({ "room_type": room_type, "declarations": list }).to_string()
}

fn declaration(declaration: &Declaration) -> Value {
    let role = match &declaration.role {
        DeclaredAs::PlayerMessage => json!("player_message"),
        DeclaredAs::PlayerAction => json!("player_action"),
        DeclaredAs::ClientMessage => json!("client_message"),
        DeclaredAs::Component(kind) => json!({ "component_of": kind }),
        DeclaredAs::RoomComponent => json!("room_component"),
    };
    json!({ "role": role, "name": declaration.name, "shape": declaration.binary_shape() })
}
