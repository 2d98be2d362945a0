//! What happened to sessions since the last tick, on loan to the world for a step.

use bevy_ecs::prelude::*;
use parlour_tick::TickInput;

/// This tick's input, and beside each event the player that it is about.
#[derive(Resource, Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) input: TickInput,
    /// The player of each event, if its session is open.
    pub(crate) players: Vec<Option<Entity>>,
}
