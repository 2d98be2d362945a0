//! The number of objects in a world.

use bevy_ecs::prelude::*;

/// The number of objects. It follows from the state.
#[derive(Resource, Debug, Default)]
pub(crate) struct ObjectCount(pub(crate) u32);
