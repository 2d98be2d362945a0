//! Players and the state of their connections.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{PlayerId, SessionId, Tick},
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

/// On a player that is dropped: the link of its session is lost, and it may come back. Game logic
/// queries for it with `Has<Dropped>` and `Without<Dropped>`, and never inserts or removes it.
///
/// A dropped player stays in its room. It is in the way, near others and seen like any other, and
/// viewers see that it is dropped. It is sent reliable messages, but no snapshots. How it moves is
/// the rule [`RoomRules::on_drop`](crate::RoomRules::on_drop).
#[derive(Component, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    since: Tick,
    /// Whether its motion goes on until it ends by itself.
    pub(crate) goes_on: bool,
}

impl Dropped {
    pub(crate) fn new(since: Tick, goes_on: bool) -> Self {
        Self { since, goes_on }
    }

    /// Returns the tick in which the link was lost, or in which the dropped player came from a
    /// different world.
    #[must_use]
    pub fn since(&self) -> Tick {
        self.since
    }
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
