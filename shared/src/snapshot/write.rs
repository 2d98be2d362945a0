//! Packs snapshots. Each function appends to a buffer, and allocates only if the buffer must grow.

use super::{Ack, DROPPED_BIT, fields, flags};
use crate::{
    codec::SNAPSHOT_OPCODE,
    ids::{KindId, ObjectId, PlayerId, Slot, Tick},
    limits::{MAX_BASE_AGE, MAX_COMPONENT_BYTES, MAX_NAME_BYTES},
    motion::{Gait, Position},
};

/// Writes one snapshot: the header, then the sections in order. The count of a section is written
/// when the section ends.
#[derive(Debug)]
pub struct Builder<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Builder<'a> {
    /// Begins a snapshot at the end of `out`. The base must be at most [`MAX_BASE_AGE`] ticks old,
    /// and older than `tick`.
    pub fn begin(out: &'a mut Vec<u8>, view: u8, tick: Tick, base: Option<Tick>, ack: Option<Ack>) -> Self {
        let age = base.map_or(0, |base| tick.since(base));
        assert!(
            age <= MAX_BASE_AGE && (base.is_none() || age > 0),
            "base {base:?} at tick {tick:?}"
        );
        let start = out.len();
        let mut bits = if base.is_none() { flags::FULL } else { 0 };
        if ack.is_some() {
            bits |= flags::ACK;
        }
        out.extend_from_slice(&[SNAPSHOT_OPCODE, bits, view]);
        out.extend_from_slice(&tick.0.to_le_bytes());
        out.extend_from_slice(&(age as u16).to_le_bytes());
        if let Some(ack) = ack {
            out.extend_from_slice(&ack.seq.to_le_bytes());
            out.extend_from_slice(&ack.early.to_le_bytes());
        }
        Self { out, start }
    }

    /// Writes the section of a flag. The closure appends the records and returns their number. An
    /// empty section is omitted.
    #[inline]
    pub fn section(&mut self, flag: u8, records: impl FnOnce(&mut Vec<u8>) -> u16) {
        let at = self.out.len();
        self.out.extend_from_slice(&[0, 0]);
        let count = records(self.out);
        if count == 0 {
            self.out.truncate(at);
            return;
        }
        self.out[self.start + 1] |= flag;
        self.out[at..at + 2].copy_from_slice(&count.to_le_bytes());
    }
}

/// The part of an enter record before the bytes of its components.
#[derive(Clone, Copy, Debug)]
pub struct EnterFields<'a> {
    /// Slot.
    pub slot: Slot,
    /// The player or object.
    pub identity: IdentityFields<'a>,
    /// Position at the snapshot's tick.
    pub position: Position,
    /// Gait.
    pub gait: Gait,
    /// The mask of the components that follow. Write each with [`write_component`], in order.
    pub components: u16,
}

/// The part of an enter record that differs between players and objects.
#[derive(Clone, Copy, Debug)]
pub enum IdentityFields<'a> {
    /// A player.
    Player {
        /// Player id.
        player: PlayerId,
        /// Name, at most [`MAX_NAME_BYTES`].
        name: &'a str,
        /// Skin.
        skin: u16,
        /// Whether its link is lost.
        dropped: bool,
    },
    /// An object.
    Object {
        /// Object id.
        object: ObjectId,
        /// Kind, not that of players.
        kind: KindId,
        /// Owner, if any.
        owner: Option<PlayerId>,
    },
}

/// Writes an enter record up to its components.
pub fn write_enter(out: &mut Vec<u8>, enter: &EnterFields<'_>) {
    let (kind, id) = match enter.identity {
        IdentityFields::Player { player, .. } => (KindId::PLAYER, player.0),
        IdentityFields::Object { object, kind, .. } => (kind, object.0),
    };
    // Each append to a Vec checks its capacity, so all fixed fields are one append.
    let mut fixed = [0; 7];
    fixed[..2].copy_from_slice(&enter.slot.0.to_le_bytes());
    fixed[2] = kind.0;
    fixed[3..].copy_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&fixed);
    write_anchor(out, enter.position, enter.gait);
    match enter.identity {
        IdentityFields::Player {
            name, skin, dropped, ..
        } => {
            assert!(
                name.len() <= MAX_NAME_BYTES,
                "name of {} bytes is too long",
                name.len()
            );
            let [low, high] = skin.to_le_bytes();
            let dropped = if dropped { DROPPED_BIT } else { 0 };
            out.extend_from_slice(&[low, high, name.len() as u8 | dropped]);
            out.extend_from_slice(name.as_bytes());
        }
        IdentityFields::Object { owner, .. } => {
            assert!(kind != KindId::PLAYER, "an object has the kind of players");
            write_owner(out, owner);
        }
    }
    write_component_mask(out, enter.components);
}

/// Writes the slot and the mask of an update record. The fields of the mask ([`fields`]) must
/// follow in order.
pub fn write_update_head(out: &mut Vec<u8>, slot: Slot, mask: u8) {
    debug_assert!(mask & (fields::TURN | fields::ANCHOR) != (fields::TURN | fields::ANCHOR));
    let [low, high] = slot.0.to_le_bytes();
    out.extend_from_slice(&[low, high, mask]);
}

/// Writes the field [`fields::TURN`].
pub fn write_turn(out: &mut Vec<u8>, ticks_ago: u8, gait: Gait) {
    out.push(ticks_ago);
    write_gait(out, gait);
}

/// Writes the field [`fields::ANCHOR`].
pub fn write_anchor(out: &mut Vec<u8>, position: Position, gait: Gait) {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&position.x.to_le_bytes());
    bytes[4..].copy_from_slice(&position.y.to_le_bytes());
    out.extend_from_slice(&bytes);
    write_gait(out, gait);
}

/// Writes the field [`fields::SKIN`].
pub fn write_skin(out: &mut Vec<u8>, skin: u16) {
    out.extend_from_slice(&skin.to_le_bytes());
}

/// Writes the beginning of the field [`fields::COMPONENTS`]: a mask whose bit n stands for the
/// component with the index n. Write each of them with [`write_component`], in order. In an update,
/// the mask is not 0.
pub fn write_component_mask(out: &mut Vec<u8>, mask: u16) {
    out.extend_from_slice(&mask.to_le_bytes());
}

/// Writes a component. In an update, no bytes mean that the component was removed.
pub fn write_component(out: &mut Vec<u8>, bytes: &[u8]) {
    assert!(
        bytes.len() <= MAX_COMPONENT_BYTES,
        "component of {} bytes is too long",
        bytes.len()
    );
    out.push(bytes.len() as u8);
    out.extend_from_slice(bytes);
}

/// Writes the field [`fields::OWNER`].
pub fn write_owner(out: &mut Vec<u8>, owner: Option<PlayerId>) {
    match owner {
        None => out.push(0),
        Some(player) => {
            out.push(1);
            out.extend_from_slice(&player.0.to_le_bytes());
        }
    }
}

/// Writes the field [`fields::DROPPED`].
pub fn write_dropped(out: &mut Vec<u8>, dropped: bool) {
    out.push(u8::from(dropped));
}

/// Writes a gait: one byte, or five if it is free.
#[inline]
fn write_gait(out: &mut Vec<u8>, gait: Gait) {
    out.extend_from_slice(gait.to_bytes().as_slice());
}
