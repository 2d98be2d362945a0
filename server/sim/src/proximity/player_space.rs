//! Where the players of a room are.

use bevy_ecs::prelude::*;
use parlour_shared::ids::{Slot, Tick};

use super::player_index::PlayerIndex;
use crate::space::SlotPosition;

/// Where the players of a room are, if it is large. It is not part of the state: it follows from
/// their positions.
#[derive(Component, Debug, Default)]
pub(crate) struct PlayerSpace(pub(super) Option<Box<PlayerIndex>>);

impl PlayerSpace {
    /// Returns the index of the players. A small room has none, and a large one has none before its
    /// first check.
    pub(crate) fn index(&self) -> Option<&PlayerIndex> {
        self.0.as_deref()
    }

    /// Adds a player.
    pub(crate) fn enter(&mut self, player: SlotPosition, slot_count: usize, now: Tick) {
        if let Some(index) = &mut self.0 {
            index.grow(slot_count);
            index.moved(player, now);
        }
    }

    /// Removes a player.
    pub(crate) fn leave(&mut self, slot: Slot) {
        if let Some(index) = &mut self.0 {
            index.leave(slot);
        }
    }
}
