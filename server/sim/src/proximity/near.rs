//! Who is near whom in one room: a row of bits per slot.

use bevy_ecs::prelude::*;
use fixedbitset::FixedBitSet;
use parlour_shared::{ids::Slot, rng::mix};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};

use super::{Placed, Reach};
use crate::{rooms::Seats, simulation::Setup, state::Index};

/// For each slot the slots near it, itself among them.
#[derive(Component, Clone, Debug, Default)]
pub struct Proximity {
    rows: Vec<FixedBitSet>,
    /// A sum over all set bits, so that a change costs as much as it changes.
    digest: u64,
    /// Pairs that are no more because one of them left, and that were not told yet.
    departures: Vec<(Entity, Entity)>,
}

impl Proximity {
    /// The slots near a slot, itself among them.
    #[must_use]
    pub fn near(&self, slot: Slot) -> Option<&FixedBitSet> {
        self.rows.get(slot.index())
    }

    /// Whether two players are near each other.
    #[must_use]
    pub fn are_near(&self, one: Slot, other: Slot) -> bool {
        self.near(one).is_some_and(|row| row.contains(other.index()))
    }

    /// The first slot near a slot that is not below `from`.
    #[must_use]
    pub(crate) fn near_from(&self, slot: Slot, from: usize) -> Option<Slot> {
        let row = self.near(slot)?;
        (from..row.len())
            .find(|&other| row.contains(other))
            .map(|other| Slot(other as u16))
    }

    /// Slots that have a row.
    pub(crate) fn pool(&self) -> usize {
        self.rows.len()
    }

    /// A number that changes with any bit.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    /// Someone sits down, near nobody but itself until the next look.
    pub(crate) fn enter(&mut self, slot: Slot, pool: usize) {
        if self.rows.len() < pool {
            self.rows.resize_with(pool, FixedBitSet::new);
            self.rows.iter_mut().for_each(|row| row.grow(pool));
        }
        self.set(slot, slot, true);
    }

    /// Someone gets up, and still has its seat.
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

    pub(super) fn drain_departures(&mut self, mut tell: impl FnMut(Entity, Entity)) {
        self.departures
            .drain(..)
            .for_each(|(one, other)| tell(one, other));
    }

    /// Looks anew at one player's row, given everyone who may be within reach (and perhaps others).
    pub(super) fn refresh(
        &mut self,
        player: &Placed,
        candidates: &[Placed],
        reach: Reach,
        scratch: &mut FixedBitSet,
        mut tell: impl FnMut(Slot, Slot, bool),
    ) {
        let row = &self.rows[player.slot.index()];
        scratch.clear();
        scratch.grow(row.len());
        for other in candidates {
            let distance = player.position.distance_squared(other.position);
            if distance <= reach.enter_squared
                || (distance <= reach.leave_squared && row.contains(other.slot.index()))
            {
                scratch.insert(other.slot.index());
            }
        }
        for word in 0..row.as_slice().len() {
            let (old, new) = (
                self.rows[player.slot.index()].as_slice()[word],
                scratch.as_slice()[word],
            );
            let mut changed = old ^ new;
            while changed != 0 {
                let other = Slot((word * usize::BITS as usize) as u16 + changed.trailing_zeros() as u16);
                let near = new & (changed & changed.wrapping_neg()) != 0;
                changed &= changed - 1;
                self.set(player.slot, other, near);
                if player.slot < other {
                    tell(player.slot, other, near);
                }
            }
        }
    }

    fn set(&mut self, one: Slot, other: Slot, near: bool) {
        let row = &mut self.rows[one.index()];
        if row.contains(other.index()) == near {
            return;
        }
        row.set(other.index(), near);
        let share = mix(u64::from(one.0) << 16 | u64::from(other.0) | 1 << 32);
        self.digest = if near {
            self.digest.wrapping_add(share)
        } else {
            self.digest.wrapping_sub(share)
        };
    }
}

/// The rows as they are saved: how long they are, and of each taken slot the words of 64 slots from the one that
/// holds itself on. What is below was said by the rows before, for nearness is mutual.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedRows {
    pool: u32,
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

/// Slots in a word.
const WORD: usize = u64::BITS as usize;
const _: () = assert!(usize::BITS == u64::BITS, "bit sets are saved in words of 64 bits");

/// A row from a word on.
struct Words<'a>(&'a FixedBitSet, usize);

impl Serialize for Words<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.as_slice().iter().skip(self.1).map(|&word| word as u64))
    }
}

pub(super) fn restore(saved: SavedRows, world: &World) -> Option<Proximity> {
    let pool = saved.pool as usize;
    if !Seats::is_possible(pool, world.resource::<Setup>().rules.capacity)
        || saved.rows.len() > pool
        || !world.resource::<Index>().take_rows(pool)
    {
        return None;
    }
    let mut proximity = Proximity::default();
    proximity
        .rows
        .resize_with(pool, || FixedBitSet::with_capacity(pool));
    for (slot, words) in saved.rows {
        let first = slot.index() / WORD;
        if slot.index() >= pool || words.len() != pool.div_ceil(WORD) - first {
            return None;
        }
        for (at, word) in words.into_iter().enumerate() {
            for bit in (0..WORD).filter(|bit| word >> bit & 1 == 1) {
                let other = (first + at) * WORD + bit;
                if other >= pool {
                    return None;
                }
                if other >= slot.index() {
                    proximity.set(slot, Slot(other as u16), true);
                    proximity.set(Slot(other as u16), slot, true);
                }
            }
        }
    }
    Some(proximity)
}
