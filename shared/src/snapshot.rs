//! Snapshots: frames packed by hand, byte-aligned and little-endian, so that they can be spliced
//! from shared byte ranges.
//!
//! ```text
//! u8  opcode      0
//! u8  flags       1 full, 2 ack, 4 leaves, 8 enters, 16 updates; other bits zero
//! u8  view        number of the player's stay, from RoomEntered
//! u32 tick        the state is that of this tick
//! u16 base age    tick - base; 0 in a full snapshot, else at least 1
//! ack             u32 seq, i16 early                         if flagged
//! leaves          u16 count, then u16 slot each              if flagged
//! enters          u16 count, then an enter record each       if flagged
//! updates         u16 count, then an update record each      if flagged
//! ```
//! An enter record begins with `u16 slot, u8 kind`. A player (kind 0) continues with
//! `u32 player, i32 x, i32 y, gait, u16 skin, u8 length, name`, an object with
//! `u32 object, i32 x, i32 y, gait, owner`; x and y are those of the snapshot's tick. Both end with
//! `components`. The length of a name is at most 96; 128 is added if the player is dropped.
//!
//! An update record is `u16 slot, u8 mask` and the fields that the mask names, in this order:
//! 1 turn `u8 ticks ago, gait`; 2 anchor `i32 x, i32 y, gait`; 4 skin `u16`; 8 `components`;
//! 16 `owner`; 32 dropped `u8`, 0 or 1. Turn and anchor exclude each other. Only players have a
//! skin and can be dropped, and only objects have an owner.
//!
//! | part | bytes |
//! |---|---|
//! | `gait` | 1 byte, or 5 if it is free: see [`Gait::to_bytes`] |
//! | `components` | u16 mask, then for each bit `u8 length, bytes`; length 0 in an update: removed |
//! | `owner` | u8 0, or u8 1 and u32 player |

mod read;
mod write;

use crate::{
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    motion::{Gait, Position},
};
pub use write::{
    Builder, EnterFields, IdentityFields, write_anchor, write_component, write_component_mask, write_dropped,
    write_enter, write_owner, write_skin, write_turn, write_update_head,
};

use serde::{Deserialize, Serialize};

/// Returns whether a packed snapshot has everything that is visible, and does not depend on an
/// earlier one.
#[must_use]
pub fn is_full(snapshot: &[u8]) -> bool {
    snapshot.get(1).is_some_and(|bits| bits & flags::FULL != 0)
}

/// Bits of the flags byte.
pub mod flags {
    /// The snapshot is full: it replaces everything that the client knows about the room.
    pub const FULL: u8 = 1;
    /// An acknowledgement follows.
    pub const ACK: u8 = 2;
    /// Leaves follow.
    pub const LEAVES: u8 = 4;
    /// Enters follow.
    pub const ENTERS: u8 = 8;
    /// Updates follow.
    pub const UPDATES: u8 = 16;
}

/// Bits of an update's mask.
pub mod fields {
    /// The entity turned: the new segment begins where the old one was at the tick of
    /// the turn.
    pub const TURN: u8 = 1;
    /// A new segment replaces the old one: position and gait at the snapshot's tick.
    pub const ANCHOR: u8 = 2;
    /// The skin of a player changed.
    pub const SKIN: u8 = 4;
    /// Replicated components changed or were removed.
    pub const COMPONENTS: u8 = 8;
    /// The owner of an object changed.
    pub const OWNER: u8 = 16;
    /// A player was dropped, or has resumed.
    pub const DROPPED: u8 = 32;
}

/// The bit that a dropped player has in the length of its name.
const DROPPED_BIT: u8 = 128;

/// The maximum age of a turn in a snapshot, in ticks. A snapshot encodes it as a u8.
pub const MAX_TURN_AGE: u32 = 255;

/// The last applied command, and how early it arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Its sequence number.
    pub seq: u32,
    /// How long before the start of its tick it arrived, in units of 0.1 ms. Negative if it was
    /// late.
    pub early: i16,
}

/// The header of a snapshot: everything before the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// As in [`Snapshot::view`].
    pub view: u8,
    /// As in [`Snapshot::tick`].
    pub tick: Tick,
    /// As in [`Snapshot::base`].
    pub base: Option<Tick>,
    /// As in [`Snapshot::ack`].
    pub ack: Option<Ack>,
}

/// A decoded snapshot. Reuse it, because [`Snapshot::read`] keeps its buffers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the player's stay in a room.
    pub view: u8,
    /// The state is that of this tick.
    pub tick: Tick,
    /// The tick that this delta starts from, or `None` if the snapshot is full: its enters are
    /// everything visible.
    pub base: Option<Tick>,
    /// The last applied command, if it was not acknowledged before.
    pub ack: Option<Ack>,
    /// The slots of entities that are no longer visible. Apply them before the enters, because a
    /// slot may be in both.
    pub leaves: Vec<Slot>,
    /// The entities that became visible, in full.
    pub enters: Vec<Enter>,
    /// The changes to entities that stay visible.
    pub updates: Vec<Update>,
}

/// Everything about an entity that became visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enter {
    /// Its slot.
    pub slot: Slot,
    /// The player or object that it is.
    pub identity: Identity,
    /// Its position at the snapshot's tick.
    pub position: Position,
    /// Its gait.
    pub gait: Gait,
    /// Its components, as index and bytes.
    pub components: Vec<(u8, Vec<u8>)>,
}

/// The player or object that an entity is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// A player.
    Player(PlayerIdentity),
    /// An object.
    Object(ObjectIdentity),
}

impl Identity {
    /// Returns the player, or `None` if this is an object.
    #[must_use]
    pub fn player(&self) -> Option<&PlayerIdentity> {
        match self {
            Self::Player(player) => Some(player),
            Self::Object(_) => None,
        }
    }

    /// Returns the object, or `None` if this is a player.
    #[must_use]
    pub fn object(&self) -> Option<&ObjectIdentity> {
        match self {
            Self::Player(_) => None,
            Self::Object(object) => Some(object),
        }
    }

    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> KindId {
        self.object().map_or(KindId::PLAYER, |object| object.kind)
    }
}

/// A visible player, apart from its motion and components.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayerIdentity {
    /// Its player id.
    pub player: PlayerId,
    /// Its name.
    pub name: String,
    /// Index into the catalogue of skins.
    pub skin: u16,
    /// Whether its link is lost. It stays in the room, and may come back.
    pub dropped: bool,
}

/// A visible object, apart from its motion and components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectIdentity {
    /// Its object id.
    pub object: ObjectId,
    /// Its kind, which is never that of players.
    pub kind: KindId,
    /// The player that owns it, if any.
    pub owner: Option<PlayerId>,
}

/// The new owner of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerChange {
    /// The player that owns it now, if any.
    pub player: Option<PlayerId>,
}

/// The changes to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its slot.
    pub slot: Slot,
    /// Its motion, if that changed.
    pub motion: Option<MotionChange>,
    /// Its skin, if that changed. Only players have one.
    pub skin: Option<u16>,
    /// The components that changed, as index and bytes. A removed component has no bytes.
    pub components: Vec<(u8, Vec<u8>)>,
    /// Its owner, if that changed. Only objects have one.
    pub owner: Option<OwnerChange>,
    /// Whether it is dropped, if that changed. Only players can be.
    pub dropped: Option<bool>,
}

/// A new segment that replaces the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MotionChange {
    /// The old segment ended at a tick, and the new one begins where it ended.
    Turn {
        /// The tick of the turn.
        since: Tick,
        /// The new gait.
        gait: Gait,
    },
    /// The new segment has this position and gait at the snapshot's tick.
    Anchor {
        /// The position.
        position: Position,
        /// The gait.
        gait: Gait,
    },
}

/// Why bytes are not a valid snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end before the snapshot does.
    #[error("snapshot is truncated")]
    Truncated,
    /// More bytes follow the snapshot.
    #[error("{0} bytes after the snapshot")]
    TrailingBytes(usize),
    /// The first byte is not that of a snapshot.
    #[error("opcode {0} is not a snapshot")]
    Opcode(u8),
    /// A reserved bit is set, two fields exclude each other, a number is out of range, or the slots
    /// do not increase.
    #[error("snapshot has a bad {0}")]
    Bad(&'static str),
}
