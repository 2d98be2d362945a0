//! What a query finds.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, Slot},
    motion::Position,
};

/// A player or an object that a query found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundEntity {
    /// The entity.
    pub entity: Entity,
    /// Its kind: [`KindId::PLAYER`] or one of objects.
    pub kind: KindId,
    /// Its slot in the room.
    pub slot: Slot,
    /// Its position.
    pub position: Position,
}
