//! Saving a world, and making one from what was saved.

use bevy_app::Plugins;

use super::Simulation;
use crate::{
    config::SimConfig,
    rooms, sessions,
    state::{self, Inventory, LoadError, SavedState},
};

impl Simulation {
    /// Appends the state after the last tick: what a keyframe holds. Equal states give equal bytes, whatever their
    /// history. Between two ticks only. Costs about as much as a tick; allocates only if `out` has to grow.
    pub fn save(&mut self, out: &mut Vec<u8>) {
        self.saver.save(&mut self.world, out);
    }

    /// A world as it was saved, made with the same configuration and game logic. It goes on exactly as the one that
    /// was saved, tick by tick and hash by hash. What viewers were told is no part of the state: each is sent a full
    /// snapshot first.
    ///
    /// # Errors
    /// [`LoadError`] if the bytes are not such a state, or the configuration or game logic is another one. What is
    /// in the bytes is checked; none can make this panic.
    ///
    /// # Panics
    /// As [`Self::with_plugins`].
    pub fn load<M>(config: SimConfig, plugins: impl Plugins<M>, saved: &[u8]) -> Result<Self, LoadError> {
        let mut simulation = Self::with_plugins(config, plugins);
        let saved = SavedState::parse(saved)?;
        let world = &mut simulation.world;
        let index = state::load(world, &saved)?;
        rooms::rebuild(world, &index)?;
        sessions::rebuild(world)?;
        state::verify(world, saved.hash)?;
        Ok(simulation)
    }

    /// The names of the parts of the state, by tag: what [`parlour_tick::TickOutput::parts`] and
    /// [`crate::SavedPart::tag`] count by.
    pub fn part_names(&self) -> impl Iterator<Item = &'static str> {
        self.world.resource::<Inventory>().names()
    }

    /// A saved part as JSON, for people and other tools; none if the bytes are not such a part.
    #[must_use]
    pub fn show_part(&self, tag: u8, bytes: &[u8]) -> Option<serde_json::Value> {
        self.world.resource::<Inventory>().show(tag.into(), bytes)
    }
}
