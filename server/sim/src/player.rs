//! Players and the state of their connections.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{PlayerId, SessionId},
    snapshot::Ack,
};
use serde::{Deserialize, Serialize};

use crate::state::{self, StableId};

/// A player: one entity for each open session, in a room or not.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[require(StableId, Link)]
pub struct Player {
    /// Its public id.
    pub id: PlayerId,
    /// Its session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
    /// How often it has entered a room, modulo 256. It numbers the player's views.
    pub view: u8,
}

/// The state of the player's connection. It decides only what is sent, never the world.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Link {
    /// Whether its viewer is held.
    pub(crate) held: bool,
    /// The last applied movement command.
    pub(crate) ack: Option<Ack>,
}

pub(crate) fn plugin(app: &mut App) {
    state::component::<Player>(app, "player");
    state::derived::<Link>(app);
}
