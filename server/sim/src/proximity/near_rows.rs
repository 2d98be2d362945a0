//! Which players of one room are near each other: a row of bits per slot.

mod saved;
mod short_list;

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::{ids::Slot, rng::mix};

use super::slot_words::{WORD, slot_of};
use crate::rooms::Seats;
pub(super) use saved::{LoadedRows, restore};
use short_list::ShortList;

/// The slots of the largest small room. A small room is one that never had more than
/// [`super::BRUTE_FORCE_UP_TO`] players.
pub(super) const SMALL_POOL: usize = 2 * super::BRUTE_FORCE_UP_TO;

/// For each slot, the slots near it, including itself.
#[derive(Component, Clone, Debug, Default)]
pub struct Proximity {
    /// A slot that was never taken may have a row without bits.
    rows: Vec<FixedBitSet>,
    /// The same as lists, in rooms that are not small.
    short_lists: Vec<ShortList>,
    /// A sum over all set bits, so that the cost of an update depends only on the bits that change.
    digest: u64,
    /// Pairs that were near until one of the two left. They are not reported yet.
    departures: Vec<(Entity, Entity)>,
    /// Set when the room outgrows `SMALL_POOL`; the next check clears it and checks all pairs once.
    outgrown: bool,
}

impl Proximity {
    /// Returns the slots near a slot, including itself.
    #[must_use]
    pub fn near(&self, slot: Slot) -> Option<&FixedBitSet> {
        self.rows.get(slot.index())
    }

    /// Returns the number of players near a slot, including itself.
    pub(crate) fn near_count(&self, slot: Slot) -> u32 {
        self.near(slot).map_or(0, |row| row.count_ones(..) as u32)
    }

    /// Returns whether two players are near each other.
    #[must_use]
    pub fn are_near(&self, one: Slot, other: Slot) -> bool {
        self.near(one).is_some_and(|row| row.contains(other.index()))
    }

    /// Returns the first slot from `from` on that is near a slot.
    #[must_use]
    pub(crate) fn near_from(&self, slot: Slot, from: usize) -> Option<Slot> {
        let words = self.near(slot)?.as_slice();
        let mut above = usize::MAX << (from % WORD);
        for (at, word) in words.iter().enumerate().skip(from / WORD) {
            let word = word & std::mem::replace(&mut above, usize::MAX);
            if word != 0 {
                return Some(slot_of(at, word));
            }
        }
        None
    }

    /// Returns the number of slots that have a row.
    pub(crate) fn slot_count(&self) -> usize {
        self.rows.len()
    }

    /// Returns a hash of all rows.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    /// Adds a player, which is near only itself until the next check.
    pub(crate) fn enter(&mut self, slot: Slot, slot_count: usize) {
        let before = self.slot_count();
        if before < slot_count {
            self.grow(slot_count);
            self.outgrown |= before <= SMALL_POOL && slot_count > SMALL_POOL;
        }
        self.rows[slot.index()].grow(slot_count);
        self.set(slot, slot, true);
    }

    fn grow(&mut self, slot_count: usize) {
        let in_use = self.rows.iter_mut().filter(|row| !row.is_empty());
        in_use.for_each(|row| row.grow(slot_count));
        self.rows.resize_with(slot_count, FixedBitSet::new);
        if slot_count > SMALL_POOL {
            let lists = self.short_lists.len();
            self.short_lists.resize_with(slot_count, ShortList::default);
            if lists == 0 {
                for (own, (row, list)) in self.rows.iter().zip(&mut self.short_lists).enumerate() {
                    let others = row.ones().filter(|&other| other != own);
                    others.for_each(|other| list.insert(Slot(other as u16)));
                }
            }
        }
    }

    /// Removes a player that still has its seat.
    pub(crate) fn leave(&mut self, slot: Slot, seats: &Seats) {
        let mut from = 0;
        while let Some(other) = self.near_from(slot, from) {
            from = other.index() + 1;
            self.set(slot, other, false);
            if other != slot {
                self.set(other, slot, false);
                let pair = (seats.get(slot.min(other)), seats.get(slot.max(other)));
                if let (Some(one), Some(other)) = pair {
                    self.departures.push((one, other));
                }
            }
        }
    }

    pub(super) fn has_departures(&self) -> bool {
        !self.departures.is_empty()
    }

    pub(super) fn drain_departures(&mut self, mut report: impl FnMut(Entity, Entity)) {
        self.departures
            .drain(..)
            .for_each(|(one, other)| report(one, other));
    }

    /// Returns whether the room has outgrown the small ones since the last call.
    pub(super) fn take_outgrown(&mut self) -> bool {
        std::mem::take(&mut self.outgrown)
    }

    /// Returns the words of a slot's row. Empty if the slot was never taken.
    pub(super) fn words(&self, slot: Slot) -> &[usize] {
        self.rows[slot.index()].as_slice()
    }

    /// Returns the other slots near a slot, unordered, or `None` if there are too many for a list.
    /// The room must not be small.
    pub(super) fn short_list(&self, slot: Slot) -> Option<&[Slot]> {
        self.short_lists[slot.index()].slots()
    }

    /// Sets pairs that came near each other, or went away.
    pub(super) fn set_all(&mut self, changes: &[(Slot, Slot, bool)]) {
        // In a room of 10,000 players the rows have 128 MB, and each changed bit is a cache miss.
        // Reading all words of a chunk first, with nothing in between, overlaps the misses.
        for changes in changes.chunks(64) {
            let read = |one: Slot, other: Slot| self.words(one).get(other.index() / WORD).copied();
            let words = changes
                .iter()
                .flat_map(|&(one, other, _)| [read(one, other), read(other, one)]);
            std::hint::black_box(words.flatten().fold(0, |all, word| all ^ word));
            for &(one, other, near) in changes {
                self.set_both(one, other, near);
            }
        }
    }

    /// Sets two players that came near each other, or went away.
    pub(super) fn set_both(&mut self, one: Slot, other: Slot, near: bool) {
        self.set(one, other, near);
        self.set(other, one, near);
    }

    fn set(&mut self, one: Slot, other: Slot, near: bool) {
        let row = &mut self.rows[one.index()];
        if row.contains(other.index()) == near {
            return;
        }
        row.set(other.index(), near);
        if let Some(list) = self.short_lists.get_mut(one.index()).filter(|_| one != other) {
            if near {
                list.insert(other);
            } else {
                list.remove(other, one, row);
            }
        }
        let share = mix(u64::from(one.0) << 16 | u64::from(other.0) | 1 << 32);
        self.digest = if near {
            self.digest.wrapping_add(share)
        } else {
            self.digest.wrapping_sub(share)
        };
    }
}
