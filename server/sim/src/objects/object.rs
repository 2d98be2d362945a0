//! An object and its place in a room.

use bevy_ecs::prelude::*;
use parlour_shared::ids::{Epoch, KindId, ObjectId, Slot};
use serde::{Serialize, Serializer};

use crate::state::StableId;

/// An object: an entity of a room that is no player. [`crate::Objects::spawn`] makes it, and it is
/// removed by a plain despawn. A room that ends despawns its objects.
///
/// Each object has a [`crate::Motion`] and a [`crate::CurrentPosition`].
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
#[component(immutable)]
#[require(StableId)]
pub struct Object {
    pub(super) id: ObjectId,
    pub(super) kind: KindId,
    pub(super) room: Entity,
    pub(super) epoch: Epoch,
    pub(super) slot: Slot,
}

impl Object {
    /// Returns its id, which no other object of this world ever has.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> KindId {
        self.kind
    }

    /// Returns the room that it is in.
    #[must_use]
    pub fn room(&self) -> Entity {
        self.room
    }

    /// Returns the epoch of the room, which identifies it in every run.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Returns its slot in the room.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.slot
    }
}

/// The saved form of an object: id, kind, room and slot.
pub(crate) type SavedObject = (ObjectId, KindId, Epoch, Slot);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let saved: SavedObject = (self.id, self.kind, self.epoch, self.slot);
        saved.serialize(serializer)
    }
}
