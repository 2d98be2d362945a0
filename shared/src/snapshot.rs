//! Snapshots: frames packed by hand, byte-aligned, little endian, made to be spliced from shared
//! byte ranges.
//!
//! ```text
//! u8  opcode      0
//! u8  flags       1 full, 2 ack, 4 leaves, 8 enters, 16 updates; other bits zero
//! u8  view        number of the player's stay in a room, from RoomEntered
//! u32 tick        the state is that of this tick
//! u16 base age    tick - base; 0 in a full snapshot, else at least 1
//! ack             u32 seq, i16 early                         if flagged
//! leaves          u16 count, then u16 slot each              if flagged
//! enters          u16 count, then an enter record each       if flagged
//! updates         u16 count, then an update record each      if flagged
//! ```
//! An enter record is
//! `u16 slot, u32 player, i32 x, i32 y, u8 gait, u16 skin, u8 length, name, u8 extras mask` and for
//! each bit of the mask `u8 length, bytes`; x and y are those of the snapshot's tick. An update
//! record is `u16 slot, u8 mask` and the fields that the mask names, in this order: 1 turn
//! `u8 ticks ago, u8 gait`; 2 anchor `i32 x, i32 y, u8 gait`; 4 skin `u16`; 16, 32, 64, 128 extras
//! 0 to 3 `u8 length, bytes` (length 0: the component is gone). Turn and anchor exclude each other;
//! bit 8 is reserved.

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
    /// Forget all that was known; the enters are everything visible.
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
    /// The segment ended in a turn: the new one begins where the old one was.
    pub const TURN: u8 = 1;
    /// The segment was replaced: position and gait at the snapshot's tick.
    pub const ANCHOR: u8 = 2;
    /// The skin changed.
    pub const SKIN: u8 = 4;
    /// The first of the four components that plugins replicate; the others are the bits above.
    pub const EXTRA: u8 = 16;
}

/// The oldest turn that can be told as one, in ticks (it is a u8).
pub const MAX_TURN_AGE: u32 = 255;

/// The last command applied, and how early it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Its sequence number.
    pub seq: u32,
    /// How long before its tick began it arrived, in units of 0.1 ms; negative if too late for it.
    pub early: i16,
}

/// What comes before the records of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// As in [`Snapshot::view`].
    pub view: u8,
    /// As in [`Snapshot::tick`].
    pub tick: Tick,
    /// As in [`Snapshot::base`].
    pub base: Option<Tick>,
    /// As in [`Snapshot::ack`].
    pub ack: Option<Ack>,
}

/// A snapshot taken apart. Reuse one: reading into it keeps its buffers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Number of the player's stay in a room.
    pub view: u8,
    /// The state is that of this tick.
    pub tick: Tick,
    /// What it builds on; none: everything visible is in the enters.
    pub base: Option<Tick>,
    /// The last command applied, if there is a new one.
    pub ack: Option<Ack>,
    /// Who is not visible any more. They come before the enters: a slot may be in both.
    pub leaves: Vec<Slot>,
    /// Who is visible now, in full.
    pub enters: Vec<Enter>,
    /// What changed of those who were visible before.
    pub updates: Vec<Update>,
}

/// Everything about a player who became visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enter {
    /// Its slot.
    pub slot: Slot,
    /// Who it is.
    pub player: PlayerId,
    /// Where it is at the snapshot's tick.
    pub position: Position,
    /// How it moves.
    pub gait: Gait,
    /// Index into the catalogue of skins.
    pub skin: u16,
    /// Its name.
    pub name: String,
    /// Components of plugins: bit number and bytes.
    pub extras: Vec<(u8, Vec<u8>)>,
}

/// What changed about a player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its slot.
    pub slot: Slot,
    /// Its motion, if that changed.
    pub motion: Option<MotionChange>,
    /// Its skin, if that changed.
    pub skin: Option<u16>,
    /// Components of plugins that changed: bit number and bytes, no bytes if the component is gone.
    pub extras: Vec<(u8, Vec<u8>)>,
}

/// How a segment gave way to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MotionChange {
    /// It ended at that tick, and the new one begins where it ended.
    Turn {
        /// The tick of the turn.
        since: Tick,
        /// The new gait.
        gait: Gait,
    },
    /// Position and gait at the snapshot's tick.
    Anchor {
        /// The position.
        position: Position,
        /// The gait.
        gait: Gait,
    },
}

/// Why bytes are not a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end too early.
    #[error("snapshot is truncated")]
    Truncated,
    /// More bytes than the snapshot has.
    #[error("{0} bytes after the snapshot")]
    TrailingBytes(usize),
    /// Not a snapshot's first byte.
    #[error("opcode {0} is not a snapshot")]
    Opcode(u8),
    /// A reserved bit, a field that excludes another, a number out of its range, or slots that do
    /// not rise.
    #[error("snapshot has a bad {0}")]
    Bad(&'static str),
}
