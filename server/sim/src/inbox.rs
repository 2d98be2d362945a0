//! The events of this tick, on loan to the world for a step.

use bevy_ecs::prelude::*;
use parlour_tick::TickInput;

/// The input of this tick, and the player of each event.
#[derive(Resource, Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) input: TickInput,
    /// The player of each event, if its session is open.
    pub(crate) players: Vec<Option<Entity>>,
    /// The ticks after which to try again, if an event is over a rate limit.
    pub(crate) retry_after: Vec<Option<u32>>,
}
