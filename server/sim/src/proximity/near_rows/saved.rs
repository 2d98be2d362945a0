//! The saved form of rows: their length, and for each taken slot its words from the one with its
//! own bit on. The lower words would repeat the rows of lower slots, because nearness is mutual.

use std::sync::atomic::{AtomicU64, Ordering};

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};

use super::{Proximity, WORD};
use crate::rooms::Seats;

/// The number of bits in the rows of a world that is being loaded. [`restore`] borrows the world
/// immutably, so this counter is atomic.
#[derive(Resource, Debug, Default)]
pub(in crate::proximity) struct LoadedRows(AtomicU64);

impl LoadedRows {
    /// 1 GiB, enough for two rooms of the largest size. Without a limit, a few bytes of a forged
    /// keyframe could request any amount of memory.
    const MAX_BITS: u64 = 1 << 33;

    /// Counts the rows of a room with this many slots. Returns `false` if they exceed the limit.
    fn take(&self, slots: usize) -> bool {
        let bits = (slots * slots) as u64;
        self.0.fetch_add(bits, Ordering::Relaxed) + bits <= Self::MAX_BITS
    }
}

/// The decoded form.
#[derive(Serialize, Deserialize)]
pub(in crate::proximity) struct SavedRows {
    slot_count: u32,
    rows: Vec<(Slot, Vec<u64>)>,
}

impl Serialize for Proximity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.rows.len() as u32, Rows(self)).serialize(serializer)
    }
}

struct Rows<'a>(&'a Proximity);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let taken = |&(slot, row): &(usize, &FixedBitSet)| row.contains(slot);
        let rows = || self.0.rows.iter().enumerate().filter(taken);
        let mut seq = serializer.serialize_seq(Some(rows().count()))?;
        for (slot, row) in rows() {
            seq.serialize_element(&(Slot(slot as u16), Words(row, slot / WORD)))?;
        }
        seq.end()
    }
}

/// A row, from a word on.
struct Words<'a>(&'a FixedBitSet, usize);

impl Serialize for Words<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.as_slice().iter().skip(self.1).map(|&word| word as u64))
    }
}

pub(in crate::proximity) fn restore(saved: SavedRows, world: &World) -> Option<Proximity> {
    let slot_count = saved.slot_count as usize;
    if !Seats::is_possible_slot_count(slot_count)
        || saved.rows.len() > slot_count
        || !world.resource::<LoadedRows>().take(slot_count)
    {
        return None;
    }
    let mut proximity = Proximity::default();
    proximity.grow(slot_count);
    for (slot, words) in &saved.rows {
        if slot.index() >= slot_count || words.len() != slot_count.div_ceil(WORD) - slot.index() / WORD {
            return None;
        }
        proximity.rows[slot.index()].grow(slot_count);
    }
    for (slot, words) in saved.rows {
        let first = slot.index() / WORD;
        for (at, word) in words.into_iter().enumerate() {
            for bit in (0..WORD).filter(|bit| word >> bit & 1 == 1) {
                let other = (first + at) * WORD + bit;
                // Near an empty slot: no server saved this.
                if proximity.rows.get(other).is_none_or(FixedBitSet::is_empty) {
                    return None;
                }
                if other >= slot.index() {
                    proximity.set_both(slot, Slot(other as u16), true);
                }
            }
        }
    }
    Some(proximity)
}
