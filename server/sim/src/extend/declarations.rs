//! The list of what game logic declared for clients: messages, actions and replicated components,
//! with their types.

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::KindId,
    json_forms::{JsonForm, JsonForms},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    kinds::EntityKinds,
    shape::{Shape, shape_of},
    state,
};

/// A declaration of game logic: a name, and the type that clients send or receive under it.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// What it is.
    pub role: DeclaredAs,
    /// Its name.
    pub name: &'static str,
    /// Returns the shape in JSON (`true`) or in binary (`false`).
    shape: fn(bool) -> Option<Shape>,
}

/// What a declaration is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclaredAs {
    /// A message from players.
    PlayerMessage,
    /// The details of an action of players.
    PlayerAction,
    /// A message to players.
    ClientMessage,
    /// A replicated component of the kind of entities with this name.
    Component(String),
    /// A replicated component of rooms.
    RoomComponent,
}

impl Declaration {
    /// Returns the shape of the JSON form. `None`: the type cannot be described, because its
    /// `Deserialize` accepts only some values, or it has aliases of fields.
    #[must_use]
    pub fn json_shape(&self) -> Option<Shape> {
        (self.shape)(true)
    }

    /// Returns the shape of the binary form, or `None` as in [`Self::json_shape`].
    #[must_use]
    pub fn binary_shape(&self) -> Option<Shape> {
        (self.shape)(false)
    }
}

/// In a box, because Bevy reserves memory for 64 values of each type of resource.
#[derive(Resource, Default)]
struct Declarations(Box<Declared>);

#[derive(Default)]
struct Declared {
    list: Vec<Declaration>,
    forms: Arc<JsonForms>,
}

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Declarations>();
    state::derived::<Declarations>(app);
}

/// Returns what game logic declared, in the order of declaration.
pub(crate) fn declarations(world: &World) -> &[Declaration] {
    &world.resource::<Declarations>().0.list
}

/// Returns how the values of game logic are written as JSON.
pub(crate) fn json_forms(world: &World) -> &Arc<JsonForms> {
    &world.resource::<Declarations>().0.forms
}

/// Adds a type that clients send, or a component of rooms, which has its JSON form in the world.
pub(super) fn add<T: DeserializeOwned>(app: &mut App, role: DeclaredAs, name: &'static str) {
    let declared = &mut app.world_mut().resource_mut::<Declarations>().0;
    declared.list.push(Declaration {
        role,
        name,
        shape: shape_of::<T>,
    });
}

/// Adds a message to players.
pub(super) fn add_message<T: Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    add::<T>(app, DeclaredAs::ClientMessage, name);
    let declared = &mut app.world_mut().resource_mut::<Declarations>().0;
    Arc::make_mut(&mut declared.forms).add_message(name, JsonForm::of::<T>());
}

/// Adds the next replicated component of a kind.
pub(super) fn add_component<T: Serialize + DeserializeOwned>(
    app: &mut App,
    kind: KindId,
    name: &'static str,
) {
    let of = app.world().resource::<EntityKinds>().get(kind);
    let of = of.map_or_else(String::new, |kind| kind.name().to_owned());
    let declared = &mut app.world_mut().resource_mut::<Declarations>().0;
    declared.list.push(Declaration {
        role: DeclaredAs::Component(of),
        name,
        shape: component_shape::<T>,
    });
    Arc::make_mut(&mut declared.forms).add_component(kind, name, JsonForm::of_component::<T>());
}

/// Returns the shape of a replicated component. One without fields is sent as `true`.
fn component_shape<T: DeserializeOwned>(is_json: bool) -> Option<Shape> {
    let binary = shape_of::<T>(false)?;
    if binary.has_no_bytes() {
        return Some(Shape::Bool);
    }
    if is_json {
        shape_of::<T>(true)
    } else {
        Some(binary)
    }
}
