//! Space: where the entities of a room are, and queries about that.
//!
//! Entities that rest lie in a [`RestingIndex`], which changes only when one of them starts or
//! stops resting. Entities that move lie in a [`Grid`], which is filled again in each tick that
//! uses it. [`ObjectSpace`] has the objects of a room in such indexes; large rooms also have one of
//! their players. [`NearObjects`] finds with them what is near whom, and [`Space`] answers queries
//! of game logic. The indexes are plain data in integers. Nothing here allocates memory in steady
//! state.

mod found_entity;
mod grid;
mod kind_set;
mod lanes;
mod line_queries;
mod near_objects;
mod near_radius;
mod object_layer;
mod object_space;
mod param;
mod past_places;
mod past_space;
mod position_columns;
mod queries;
mod ray;
mod rect;
mod resting_index;
mod sight;
mod torus;

use parlour_shared::{ids::Slot, motion};

pub use found_entity::FoundEntity;
pub use grid::Grid;
pub use kind_set::KindSet;
pub use line_queries::{HitTarget, RayHit};
pub use near_objects::NearObjects;
pub use near_radius::NearRadius;
pub use object_layer::ObjectLayer;
pub use object_space::ObjectSpace;
pub use param::Space;
pub(crate) use param::SpaceIsUsed;
pub use past_space::{Clamped, PastRoom, PastSpace};
pub(crate) use position_columns::PositionColumns;
pub use queries::RoomSpace;
pub use rect::{HalfSize, Rect};
pub use resting_index::RestingIndex;
pub(crate) use sight::sees_body;

/// An entity of a room and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotPosition {
    /// Its slot.
    pub slot: Slot,
    /// Its position.
    pub position: motion::Position,
}
