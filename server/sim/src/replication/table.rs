//! The records of the players of a room, or those of its objects.

use parlour_shared::ids::{Slot, Tick};

use super::{
    arena::{Arena, Delta},
    changes::Changes,
    record::Record,
};

/// Records of consecutive slots, what changed in them, and their bytes in this tick. The number of
/// a record is its slot minus the first slot.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) records: Vec<Record>,
    changes: Changes,
    arena: Arena,
}

impl Table {
    /// Returns a table for the slots from `first` on.
    pub(super) fn new(first: Slot) -> Self {
        Self {
            records: Vec::new(),
            changes: Changes::default(),
            arena: Arena::new(first),
        }
    }

    /// Makes room for this many records.
    pub(super) fn grow(&mut self, slot_count: usize) {
        if self.records.len() < slot_count {
            self.records.resize_with(slot_count, Record::default);
            self.changes.grow(slot_count);
        }
    }

    /// Notes that a record changed in this tick.
    pub(super) fn mark(&mut self, at: usize, tick: Tick) {
        self.changes.insert(at, tick);
    }

    /// Notes that the entity of a record left.
    pub(super) fn forget(&mut self, at: usize) {
        self.changes.forget(at);
    }

    /// Starts the frames of a tick. Further calls in the same tick do nothing and return `false`.
    pub(super) fn begin(&mut self, tick: Tick) -> bool {
        self.arena.begin(tick, self.records.len())
    }

    /// As [`Arena::delta`].
    pub(super) fn delta(
        &mut self,
        base: Tick,
        visible: impl Iterator<Item = usize>,
        may_share: bool,
    ) -> usize {
        let Self {
            records,
            changes,
            arena,
        } = self;
        arena.delta(base, (records, changes), visible, may_share)
    }

    /// Returns a delta by the number that [`Self::delta`] returned.
    pub(super) fn get(&self, delta: usize) -> &Delta {
        self.arena.get(delta)
    }

    /// As [`Arena::copy_updates`].
    #[inline]
    pub(super) fn copy_updates(
        &mut self,
        delta: usize,
        wanted: impl Fn(usize) -> usize,
        out: &mut Vec<u8>,
    ) -> u16 {
        self.arena.copy_updates(delta, &self.records, wanted, out)
    }

    /// As [`Arena::copy_all`].
    pub(super) fn copy_all(&mut self, delta: usize, out: &mut Vec<u8>) -> u16 {
        self.arena.copy_all(delta, &self.records, out)
    }

    /// As [`Arena::copy_update`].
    pub(super) fn copy_update(&mut self, delta: usize, at: usize, out: &mut Vec<u8>) {
        self.arena.copy_update(delta, at, &self.records, out);
    }

    /// As [`Arena::copy_enter`].
    pub(super) fn copy_enter(&mut self, at: usize, out: &mut Vec<u8>) {
        self.arena.copy_enter(at, &self.records, out);
    }
}
