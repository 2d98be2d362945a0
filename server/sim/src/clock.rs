//! Time inside the world: the tick number and nothing else.

use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;

/// The tick that is being simulated.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Clock {
    /// 1 in the first step.
    pub tick: Tick,
}
