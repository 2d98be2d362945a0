//! What game logic declared for clients, as text for the people who write them: TypeScript types,
//! and the shapes of the binary form as JSON.

mod shapes;
mod typescript;

use std::{collections::BTreeMap, sync::Arc};

use parlour_sim::Declaration;

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
    list: Arc<[Declaration]>,
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
}

/// The declarations of all room types. Empty if a recording is played back.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeclaredTypes(BTreeMap<String, Arc<[Declaration]>>);

impl DeclaredTypes {
    pub(crate) fn of(types: &RoomTypes) -> Self {
        Self(types.declarations().clone())
    }

    /// Returns the names of the types, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the declarations of a type. `None`: there is no such type.
    pub(crate) fn get(&self, room_type: &str) -> Option<Declarations> {
        let list = self.0.get(room_type)?;
        Some(Declarations {
            room_type: room_type.to_owned(),
            list: Arc::clone(list),
        })
    }
}
