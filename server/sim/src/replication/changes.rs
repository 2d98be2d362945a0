//! Which slots changed in each of the last ticks, so that what changed since any of them is a union of bits.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::{Slot, Tick};

/// Ticks that are remembered. Viewers at the slowest cadence are told every sixth.
const REMEMBERED: usize = 8;

/// The slots whose record changed, by tick.
#[derive(Debug, Default)]
pub(super) struct Changes {
    tick: Tick,
    /// That of tick t lies at t modulo their number.
    sets: [FixedBitSet; REMEMBERED],
}

impl Changes {
    /// Begins a tick, in which nothing has changed yet.
    pub(super) fn begin(&mut self, tick: Tick) {
        // A room nobody was in has missed ticks, in which nothing changed.
        let missed = (tick.since(self.tick) as usize).min(REMEMBERED) as u32;
        (0..missed).for_each(|ago| self.set(Tick(tick.0 - ago)).clear());
        self.tick = tick;
    }

    /// A slot changed in this tick.
    pub(super) fn insert(&mut self, slot: Slot) {
        let tick = self.tick;
        self.set(tick).insert(slot.index());
    }

    /// A slot's player left: nothing is to be told of it.
    pub(super) fn forget(&mut self, slot: Slot) {
        self.sets.iter_mut().for_each(|set| set.set(slot.index(), false));
    }

    /// Makes room for so many slots.
    pub(super) fn grow(&mut self, pool: usize) {
        self.sets.iter_mut().for_each(|set| set.grow(pool));
    }

    /// Adds the slots that changed after a tick; false if that is not remembered.
    pub(super) fn since(&self, base: Tick, out: &mut FixedBitSet) -> bool {
        let ticks = self.tick.since(base);
        if ticks as usize > REMEMBERED {
            return false;
        }
        (0..ticks).for_each(|ago| out.union_with(&self.sets[place(Tick(self.tick.0 - ago))]));
        true
    }

    fn set(&mut self, tick: Tick) -> &mut FixedBitSet {
        &mut self.sets[place(tick)]
    }
}

fn place(tick: Tick) -> usize {
    tick.0 as usize % REMEMBERED
}
