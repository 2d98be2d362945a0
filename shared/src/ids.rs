//! Number types, one per concept, so that the compiler rejects a slot in place of a player.

use serde::{Deserialize, Serialize};

/// One step of the world, 1/60 s. The first tick is 1, and ticks do not wrap (2.2 years at 60 Hz).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u32);

impl Tick {
    /// Returns the tick `ticks` later.
    #[must_use]
    pub fn after(self, ticks: u32) -> Self {
        Self(self.0 + ticks)
    }

    /// Returns how many ticks have passed since `earlier`, or 0 if `earlier` is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The public id of a player. Ids are random, so that they do not reveal the number of players.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlayerId(pub u32);

/// The id of an object in a room. Ids are counted per world, and never used again in that world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectId(pub u32);

/// The kind of an entity: an index into the kinds of its room
/// ([`crate::message::RoomEntered::kinds`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KindId(pub u8);

impl KindId {
    /// The kind of all players. Every other kind is one of objects.
    pub const PLAYER: Self = Self(0);
}

/// The index of an entity in its room. It is reused after the entity has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slot(pub u16);

impl Slot {
    /// A slot that no entity ever has: the slot of a viewer without a player.
    pub const NOBODY: Self = Self(u16::MAX);
    /// The first slot of objects. Players have the slots below it.
    pub const FIRST_OBJECT: Self = Self(1 << 15);

    /// Returns the slot of the object with this index.
    ///
    /// # Panics
    /// In debug builds, if the index is not below
    /// [`MAX_ROOM_OBJECTS`](crate::limits::MAX_ROOM_OBJECTS).
    #[must_use]
    pub fn of_object(index: usize) -> Self {
        debug_assert!(index < crate::limits::MAX_ROOM_OBJECTS as usize);
        Self(Self::FIRST_OBJECT.0 + index as u16)
    }

    /// Returns the index among the slots of objects, or `None` if this is the slot of a player.
    #[must_use]
    pub fn object_index(self) -> Option<usize> {
        self.0.checked_sub(Self::FIRST_OBJECT.0).map(usize::from)
    }

    /// Returns the slot as an index into a dense array.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A session. The edge assigns the id, which is never sent to clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u64);

/// The number of a room's life. A room that is removed and created again has a different epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);
