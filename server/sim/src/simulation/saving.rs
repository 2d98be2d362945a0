//! Saves a world, and makes one from a saved state.

use std::collections::BTreeMap;

use bevy_app::Plugins;
use bevy_ecs::prelude::*;

use super::Simulation;
use crate::{
    config::SimConfig,
    dropped, extend, object_interest, objects, past, rooms, sessions,
    state::{self, LoadError, PartRegistry, SavedState},
};

/// By how much [`Simulation::load_rearranged`] moves the index of each entity. A prime: the
/// remainders of the indices differ, whatever the divisor.
const PLACEHOLDERS: usize = 101;

/// The order in which [`Simulation::load_rearranged`] spawns entities, and thus the order in which
/// queries find them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntityOrder {
    /// By [`StableId`](crate::StableId), as in [`Simulation::load`].
    #[default]
    Sorted,
    /// The opposite order.
    Reversed,
}

impl Simulation {
    /// Appends the state after the last tick, as in a keyframe. Equal states have equal bytes,
    /// whatever their history. Call it only between two ticks. It costs about as much as a tick,
    /// and allocates only if `out` has to grow.
    pub fn save(&mut self, out: &mut Vec<u8>) {
        self.saver.save(&mut self.world, out);
    }

    /// Makes a world from a saved state, with the same game logic. With the same configuration, it
    /// continues exactly like the saved world, tick by tick and hash by hash. What viewers were
    /// sent is not part of the state: each is sent a full snapshot first.
    ///
    /// The configuration may have other rules and limits: they apply from the next tick on. If
    /// there are more players or rooms than a limit allows, they stay, and no more are admitted.
    /// The types and maps of the saved rooms must exist, and their options must fit.
    ///
    /// # Errors
    /// [`LoadError`] if the bytes are not such a state, a room has no place in the configuration,
    /// or the game logic differs.
    /// All bytes are checked, so that no input can cause a panic.
    ///
    /// # Panics
    /// As [`Self::with_plugins`].
    pub fn load<M>(config: SimConfig, plugins: impl Plugins<M>, saved: &[u8]) -> Result<Self, LoadError> {
        let mut simulation = Self::with_plugins(config, plugins);
        simulation.fill(&SavedState::parse(saved)?)?;
        Ok(simulation)
    }

    /// Like [`Self::load`], for a world that is compared with the saved one. Its entities have
    /// other ids, and queries find them in the order of their [`StableId`](crate::StableId), or in
    /// the opposite one. Neither is part of the state, so later hashes must be the same. If they
    /// are not, game logic depends on one of them.
    ///
    /// # Errors
    /// As [`Self::load`].
    ///
    /// # Panics
    /// As [`Self::with_plugins`].
    pub fn load_rearranged<M>(
        config: SimConfig,
        plugins: impl Plugins<M>,
        saved: &[u8],
        order: EntityOrder,
    ) -> Result<Self, LoadError> {
        let mut simulation = Self::with_plugins(config, plugins);
        let mut saved = SavedState::parse(saved)?;
        if order == EntityOrder::Reversed {
            saved.entities.reverse();
        }
        // While these exist, the saved entities get other ids than usual.
        let world = &mut simulation.world;
        let placeholders: [Entity; PLACEHOLDERS] = std::array::from_fn(|_| world.spawn_empty().id());
        simulation.fill(&saved)?;
        for placeholder in placeholders {
            simulation.world.despawn(placeholder);
        }
        Ok(simulation)
    }

    /// Fills a new world with a saved state.
    fn fill(&mut self, saved: &SavedState<'_>) -> Result<(), LoadError> {
        let world = &mut self.world;
        let index = state::load(world, saved)?;
        rooms::rebuild(world, &index)?;
        objects::rebuild(world)?;
        object_interest::rebuild(world)?;
        sessions::rebuild(world)?;
        dropped::rebuild(world)?;
        past::rebuild(world);
        state::verify(world, saved.hash)
    }

    /// Returns the names of the parts of the state, by tag: the index in
    /// [`parlour_tick::TickOutput::parts`], and [`crate::SavedPart::tag`].
    pub fn part_names(&self) -> impl Iterator<Item = &'static str> {
        self.world.resource::<PartRegistry>().names()
    }

    /// Returns the name under which a component is part of the state, or `None` if it is not.
    #[must_use]
    pub fn part_name<C: Component>(&self) -> Option<&'static str> {
        let id = self.world.component_id::<C>()?;
        self.world.resource::<PartRegistry>().name_of(id)
    }

    /// Returns a component of an entity in the binary encoding of messages, by the name under which
    /// it is part of the state. For tests and other tools. `None`: the entity does not exist, does
    /// not have the component, or there is no part with this name.
    #[must_use]
    pub fn encoded_part(&self, entity: Entity, name: &str) -> Option<Vec<u8>> {
        state::encode_part(&self.world, entity, name)
    }

    /// Returns the name under which game logic sends messages of this type to players, or `None` if
    /// it is not declared with
    /// [`SimulationApp::client_message`](crate::SimulationApp::client_message).
    #[must_use]
    pub fn client_message_name<M: Send + Sync + 'static>(&self) -> Option<&'static str> {
        extend::client_message_name::<M>(&self.world)
    }

    /// Returns the parts of an entity that are part of the state, by name, as JSON: for people and
    /// other tools. It is empty if there is no such entity.
    #[must_use]
    pub fn show_entity(&self, entity: Entity) -> BTreeMap<&'static str, serde_json::Value> {
        state::show_entity(&self.world, entity)
    }

    /// Returns a saved part as JSON, for people and other tools, or `None` if the bytes are not
    /// such a part.
    #[must_use]
    pub fn show_part(&self, tag: u8, bytes: &[u8]) -> Option<serde_json::Value> {
        self.world.resource::<PartRegistry>().show(tag.into(), bytes)
    }
}
