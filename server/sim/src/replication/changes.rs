//! The slots that changed in each of the last ticks. The changes since one of these ticks are the
//! union of the bit sets of the ticks after it.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::Tick;

/// The number of ticks that are remembered. At the slowest cadence, a viewer has a full tick every
/// sixth tick.
const REMEMBERED: usize = 8;

/// The slots whose record changed, by tick.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The last tick with a change.
    tick: Tick,
    /// The set of tick `t` has the index `t` modulo the number of sets.
    sets: [FixedBitSet; REMEMBERED],
}

impl Changes {
    /// Marks a slot that changed in a tick.
    pub(super) fn insert(&mut self, slot: usize, tick: Tick) {
        self.advance(tick);
        self.set(tick).insert(slot);
    }

    /// Removes a slot from the sets of all ticks, because its entity left.
    pub(super) fn forget(&mut self, slot: usize) {
        self.sets.iter_mut().for_each(|set| set.set(slot, false));
    }

    /// Extends all sets to this many slots.
    pub(super) fn grow(&mut self, slot_count: usize) {
        self.sets.iter_mut().for_each(|set| set.grow(slot_count));
    }

    /// Adds the slots that changed after a tick. Returns `false` if some of these changes are no
    /// longer remembered.
    pub(super) fn since(&self, base: Tick, out: &mut FixedBitSet) -> bool {
        let ticks = self.tick.since(base);
        if ticks as usize > REMEMBERED {
            return false;
        }
        (0..ticks).for_each(|ago| out.union_with(&self.sets[place(Tick(self.tick.0 - ago))]));
        true
    }

    /// Empties the sets of the ticks since the last change, in which nothing changed.
    fn advance(&mut self, tick: Tick) {
        let missed = (tick.since(self.tick) as usize).min(REMEMBERED) as u32;
        (0..missed).for_each(|ago| self.set(Tick(tick.0 - ago)).clear());
        self.tick = tick;
    }

    fn set(&mut self, tick: Tick) -> &mut FixedBitSet {
        &mut self.sets[place(tick)]
    }
}

fn place(tick: Tick) -> usize {
    tick.0 as usize % REMEMBERED
}
