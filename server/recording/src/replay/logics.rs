//! The game logic of recorded worlds.

use std::collections::BTreeMap;

use parlour_sim::Logic;

use super::ReplayError;
use crate::format::Header;

/// The game logic of the worlds of a server: that of the room types with their own, and the
/// built-in logic of all others. A replay chooses by the header of its recording. A [`Logic`] alone
/// is that of all worlds.
///
/// ```
/// use parlour_recording::replay::Logics;
/// use parlour_sim::Logic;
///
/// let logics = Logics::from(Logic::default())
///     .with_type("office", None)
///     .with_type("tag", Some(Logic::new(|_app| { /* its plugins */ })));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Logics {
    built_in: Logic,
    /// By name. `None`: the built-in logic.
    types: BTreeMap<String, Option<Logic>>,
}

impl From<Logic> for Logics {
    fn from(built_in: Logic) -> Self {
        Self {
            built_in,
            types: BTreeMap::new(),
        }
    }
}

impl Logics {
    /// Adds a room type of the server, with its own logic if it has any.
    #[must_use]
    pub fn with_type(mut self, name: impl Into<String>, logic: Option<Logic>) -> Self {
        self.types.insert(name.into(), logic);
        self
    }

    /// Returns the logic of a recorded world. A type that the program does not have may be one
    /// without code, from a configuration file. So its worlds have the built-in logic, and the
    /// caller compares the parts of the state.
    pub(super) fn of(&self, header: &Header) -> &Logic {
        let own = only_type(header).and_then(|name| self.types.get(&name)?.as_ref());
        own.unwrap_or(&self.built_in)
    }

    /// Returns the error for a recorded world whose parts of the state differ from those of the
    /// logic that was chosen.
    pub(super) fn mismatch(&self, header: &Header, ours: &[String]) -> ReplayError {
        let missing = only_type(header).filter(|name| {
            let is_declared = header.room_types.iter().any(|one| one.name == *name);
            is_declared && !self.types.contains_key(name)
        });
        let missing = missing.map(|name| {
            let known: Vec<&str> = self.types.keys().map(String::as_str).collect();
            match known.is_empty() {
                true => format!("its rooms have the type {name:?}, which this program does not have"),
                false => format!(
                    "its rooms have the type {name:?}, which this program does not have (it has {})",
                    known.join(", ")
                ),
            }
        });
        ReplayError::logic(missing, &header.state, ours)
    }
}

/// Returns the room type of a world that has only one.
fn only_type(header: &Header) -> Option<String> {
    match <[String; 1]>::try_from(header.type_names()) {
        Ok([only]) => Some(only),
        Err(_) => None,
    }
}
