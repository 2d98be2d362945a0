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
//! An enter record is
//! `u16 slot, u32 player, i32 x, i32 y, gait, u16 skin, u8 length, name, u8 extras mask` and for
//! each bit of the mask `u8 length, bytes`; x and y are those of the snapshot's tick. An update
//! record is `u16 slot, u8 mask` and the fields that the mask names, in this order: 1 turn
//! `u8 ticks ago, gait`; 2 anchor `i32 x, i32 y, gait`; 4 skin `u16`; 16, 32, 64, 128 extras
//! 0 to 3 `u8 length, bytes` (length 0: the component is gone). Turn and anchor exclude each other;
//! bit 8 is reserved. A gait is one byte, or five if it is free ([`Gait::to_bytes`]).

mod read;
mod write;

use crate::{
    ids::{PlayerId, Slot, Tick},
    motion::{Gait, Position},
};
pub use write::{
    Builder, EnterFields, write_anchor, write_enter, write_extra, write_skin, write_turn, write_update_head,
};

use serde::{Deserialize, Serialize};

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
    /// The player turned: the new segment begins where the old one was at the tick of
    /// the turn.
    pub const TURN: u8 = 1;
    /// A new segment replaces the old one: position and gait at the snapshot's tick.
    pub const ANCHOR: u8 = 2;
    /// The skin changed.
    pub const SKIN: u8 = 4;
    /// The first of the four components that plugins replicate. The next higher bits are the other
    /// three.
    pub const EXTRA: u8 = 16;
}

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
    /// The slots of players that are no longer visible. Apply them before the enters, because a
    /// slot may be in both.
    pub leaves: Vec<Slot>,
    /// The players that became visible, in full.
    pub enters: Vec<Enter>,
    /// The changes to players that stay visible.
    pub updates: Vec<Update>,
}

/// Everything about a player that became visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enter {
    /// Its slot.
    pub slot: Slot,
    /// Its player id.
    pub player: PlayerId,
    /// Its position at the snapshot's tick.
    pub position: Position,
    /// Its gait.
    pub gait: Gait,
    /// Index into the catalogue of skins.
    pub skin: u16,
    /// Its name.
    pub name: String,
    /// Components of plugins, as bit number and bytes.
    pub extras: Vec<(u8, Vec<u8>)>,
}

/// The changes to a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its slot.
    pub slot: Slot,
    /// Its motion, if that changed.
    pub motion: Option<MotionChange>,
    /// Its skin, if that changed.
    pub skin: Option<u16>,
    /// Components of plugins that changed, as bit number and bytes. A removed component has no
    /// bytes.
    pub extras: Vec<(u8, Vec<u8>)>,
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
