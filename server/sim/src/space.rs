//! Space: where the entities of a room are, and queries about that.
//!
//! Entities that rest lie in a [`RestingIndex`], which changes only when one of them starts or
//! stops resting. Entities that move lie in a [`Grid`], which is filled again in each tick that
//! uses it. A [`SpaceView`] answers queries over both. Everything here is plain data in integers,
//! without the ECS, and allocates no memory in steady state.

mod grid;
mod kind_set;
mod lanes;
mod line_queries;
mod near_objects;
mod near_radius;
mod object_layer;
mod object_space;
mod position_columns;
mod queries;
mod ray;
mod rect;
mod resting_index;
mod sight;
mod torus;

use parlour_shared::{ids::Slot, motion};

pub use grid::Grid;
pub use kind_set::KindSet;
pub use near_objects::NearObjects;
pub use near_radius::NearRadius;
pub use object_layer::ObjectLayer;
pub use object_space::ObjectSpace;
pub(crate) use position_columns::PositionColumns;
pub use queries::{FoundSlot, SpaceView};
pub use ray::{HitTarget, RayHit};
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
