//! The worlds of a node.

use std::fmt;

/// A world. The id is unique in a node and never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorldId(pub u32);

impl fmt::Display for WorldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a world is made for: it decides which game logic runs in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldKind {
    /// A shared world of the built-in logic, for the rooms of all types without their own logic.
    Main,
    /// A shared world of a room type that has its own logic, for all its rooms.
    Shared {
        /// The type.
        room_type: String,
    },
    /// The world of one room.
    Own {
        /// The type of the room.
        room_type: String,
        /// The name of the room. `None`: the room is private, and only its players may know its
        /// name.
        room: Option<String>,
    },
}

impl WorldKind {
    /// Returns the room type of a world with its own logic, or `None` for [`Self::Main`].
    #[must_use]
    pub fn room_type(&self) -> Option<&str> {
        match self {
            Self::Main => None,
            Self::Shared { room_type } | Self::Own { room_type, .. } => Some(room_type),
        }
    }
}
