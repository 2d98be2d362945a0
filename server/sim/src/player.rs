//! Players: entities with an open session, in a room or not.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{PlayerId, SessionId},
    snapshot::Ack,
};
use serde::{Deserialize, Serialize};

use crate::state::{self, StableId};

/// Someone with an open session; one entity each, in a room or not.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[require(StableId, Link)]
pub struct Player {
    /// Who it is to others.
    pub id: PlayerId,
    /// Its session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
    /// How often it entered a room so far, modulo 256: numbers its views.
    pub view: u8,
}

/// What the player's connection can take, and what it was told. Decides only what is sent, never the world.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Link {
    /// Cannot take snapshots for now.
    pub(crate) held: bool,
    /// The last movement command applied.
    pub(crate) ack: Option<Ack>,
}

pub(crate) fn plugin(app: &mut App) {
    state::component::<Player>(app, "player");
    state::derived::<Link>(app);
}
