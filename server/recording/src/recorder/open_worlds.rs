//! The names of the worlds that are open. Each name belongs to one world at a time, because the
//! files of a world are in the directory with its name.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use parlour_tick::WorldId;

/// The open worlds by name.
#[derive(Debug, Default)]
pub(super) struct OpenWorlds(Mutex<BTreeMap<String, WorldId>>);

impl OpenWorlds {
    /// Adds a world. Returns `false` if its name is taken.
    pub(super) fn add(&self, name: &str, world: WorldId) -> bool {
        let mut worlds = self.lock();
        let is_free = !worlds.contains_key(name);
        if is_free {
            worlds.insert(name.to_owned(), world);
        }
        is_free
    }

    /// Removes a world.
    pub(super) fn remove(&self, world: WorldId) {
        self.lock().retain(|_, id| *id != world);
    }

    /// Returns the world with this name.
    pub(super) fn named(&self, name: &str) -> Option<WorldId> {
        self.lock().get(name).copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, WorldId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
