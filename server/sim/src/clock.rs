//! Time inside the world: only the tick number.

use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;

/// The present tick.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Clock {
    /// 1 in the first step.
    pub tick: Tick,
}
