//! What game logic declared for clients, as text for the people who write them: TypeScript types,
//! and the shapes of the binary form as JSON.

mod shapes;
mod typescript;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use parlour_sim::{Declaration, Logic, SimConfig, Simulation};

use crate::room_types::RoomTypes;

/// The declarations of the game logic of a room type.
///
/// ```
/// # use bevy_app::App;
/// # use parlour::ServerOptions;
/// # use parlour_sim::{Logic, SimConfig, SimulationApp as _};
/// # use parlour_shared::map::Map;
/// # #[derive(serde::Deserialize)]
/// # struct Wave { times: u8 }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let maps = parlour::maps::load(None)?;
/// let logic = Logic::new(|app: &mut App| {
///     app.player_message::<Wave>("wave");
/// });
/// let options = ServerOptions { logic, ..ServerOptions::new(SimConfig::new(maps)) };
/// let of_plaza = options.declarations("plaza").ok_or("no such type")?;
/// assert!(of_plaza.typescript().contains("wave: { times: number };"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Declarations {
    room_type: String,
    list: Vec<Declaration>,
}

impl Declarations {
    /// Returns a TypeScript module with an interface for each role: the messages and actions of
    /// players, the messages to players, and the components of entities and rooms. They have the
    /// JSON forms. A type that cannot be described is `unknown`.
    #[must_use]
    pub fn typescript(&self) -> String {
        typescript::module(&self.room_type, &self.list)
    }

    /// Returns the [shapes](parlour_sim::Shape) of the binary forms as JSON, for clients that
    /// decode them without generated code. A type that cannot be described has the shape `null`.
    #[must_use]
    pub fn json(&self) -> String {
        shapes::json(&self.room_type, &self.list)
    }

    /// Returns the declarations, in their order.
    #[must_use]
    pub fn list(&self) -> &[Declaration] {
        &self.list
    }
}

/// The game logic of all room types, to learn what it declares.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeclaredTypes(BTreeMap<String, Logic>);

impl DeclaredTypes {
    pub(crate) fn of(types: &RoomTypes) -> Self {
        let logic = |name: String| Some((name.clone(), types.logic_of(&name)?));
        Self(types.names().into_iter().filter_map(logic).collect())
    }

    /// Returns the names of the types, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the declarations of a type. `None`: there is no such type, or its logic panics.
    pub(crate) fn get(&self, room_type: &str) -> Option<Declarations> {
        let logic = self.0.get(room_type)?;
        // Unwind safety: nothing of the world is left after a panic. It is reported when the world
        // of a room is made.
        let make = || Simulation::with_plugins(SimConfig::new(Vec::new()), logic.clone());
        let world = catch_unwind(AssertUnwindSafe(make)).ok()?;
        Some(Declarations {
            room_type: room_type.to_owned(),
            list: world.declarations().to_vec(),
        })
    }
}
