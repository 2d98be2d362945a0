//! Which objects are near which players.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::Slot;

use crate::{rooms::Room, space::NearObjects, state};

/// The objects near the players of a room.
#[derive(Component, Debug)]
pub struct ObjectInterest {
    near: NearObjects,
}

impl Default for ObjectInterest {
    fn default() -> Self {
        Self {
            near: NearObjects::new(Slot::FIRST_OBJECT),
        }
    }
}

impl ObjectInterest {
    /// Returns the objects near a player, by slot.
    #[must_use]
    pub fn near(&self, player: Slot) -> &[Slot] {
        self.near.of_viewer(player)
    }
}

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, ObjectInterest>();
    state::derived::<ObjectInterest>(app);
}
