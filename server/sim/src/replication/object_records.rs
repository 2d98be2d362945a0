//! The records of the objects of a room.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{ObjectId, Slot, Tick},
    limits::MAX_ROOM_OBJECTS,
    snapshot::ObjectIdentity,
};

use super::{record::Record, table::Table};

/// In [`ObjectRecords::entered_at`]: the slot has no object.
const NEVER: Tick = Tick(u32::MAX);

/// The minimum number of records, once the room has had an object.
const MIN_RECORDS: usize = 64;

/// The records of the objects of a room, and who is in which slot since when.
///
/// For a viewer, only the slots that it knows are kept, and its last full tick. If the object in a
/// slot entered after that tick, the viewer knows the object before it, which has left. So nothing
/// is noted for each viewer when an object leaves.
#[derive(Debug)]
pub(super) struct ObjectRecords {
    pub(super) table: Table,
    /// The tick in which the object of each slot entered, or [`NEVER`].
    entered_at: Vec<Tick>,
    taken: FixedBitSet,
    /// The slots that an object entered or left since the last frames, and whether there are any.
    relisted: FixedBitSet,
    is_relisted: bool,
    /// The tick of the first frames after an object entered or left, in the room and by slot.
    relisted_at: Tick,
    slot_relisted_at: Vec<Tick>,
    /// The last tick in which a record changed.
    changed_at: Tick,
}

impl Default for ObjectRecords {
    fn default() -> Self {
        Self {
            table: Table::new(Slot::FIRST_OBJECT),
            entered_at: Vec::new(),
            taken: FixedBitSet::new(),
            relisted: FixedBitSet::new(),
            is_relisted: false,
            relisted_at: Tick(0),
            slot_relisted_at: Vec::new(),
            changed_at: Tick(0),
        }
    }
}

impl ObjectRecords {
    /// Returns whether the room never had an object.
    pub(super) fn are_unused(&self) -> bool {
        self.entered_at.is_empty()
    }

    /// Adds an object, or does nothing if it is here already. It replaces a different object in its
    /// slot.
    pub(super) fn enter(&mut self, slot: Slot, object: ObjectIdentity, tick: Tick) {
        let Some(at) = slot.object_index() else { return };
        if self.get_mut(slot, object.object).is_some() {
            return;
        }
        if at >= self.table.records.len() {
            let count = (at + 1).next_power_of_two().max(MIN_RECORDS);
            let count = count.min(MAX_ROOM_OBJECTS as usize).max(at + 1);
            self.table.grow(count);
            self.entered_at.resize(count, NEVER);
            self.slot_relisted_at.resize(count, Tick(0));
            self.taken.grow(count);
            self.relisted.grow(count);
        }
        self.table.records[at].restart(object);
        self.entered_at[at] = tick;
        self.taken.insert(at);
        self.note_relisted(at);
        self.mark(slot, tick);
    }

    /// Removes the object in a slot, if there is one.
    pub(super) fn leave(&mut self, slot: Slot) {
        let at = slot.object_index().filter(|at| self.taken.contains(*at));
        if let Some(at) = at {
            self.table.forget(at);
            self.table.records[at].restart(ObjectIdentity::default());
            self.entered_at[at] = NEVER;
            self.taken.set(at, false);
            self.note_relisted(at);
        }
    }

    fn note_relisted(&mut self, at: usize) {
        self.relisted.insert(at);
        self.is_relisted = true;
    }

    /// Returns the record of an object, or `None` if the slot has a different object, or none.
    pub(super) fn get_mut(&mut self, slot: Slot, id: ObjectId) -> Option<&mut Record> {
        let at = slot.object_index().filter(|at| self.taken.contains(*at))?;
        let record = self.table.records.get_mut(at)?;
        let object = record.identity.object()?;
        (object.object == id).then_some(record)
    }

    /// Notes that the record of an object changed in this tick.
    pub(super) fn mark(&mut self, slot: Slot, tick: Tick) {
        if let Some(at) = slot.object_index() {
            self.table.mark(at, tick);
            self.changed_at = tick;
        }
    }

    /// Starts the frames of a tick. Further calls in the same tick do nothing.
    pub(super) fn begin(&mut self, tick: Tick) {
        if self.table.begin(tick) && std::mem::take(&mut self.is_relisted) {
            self.relisted_at = tick;
            for at in self.relisted.ones() {
                self.slot_relisted_at[at] = tick;
            }
            self.relisted.clear();
        }
    }

    /// Returns the number of the delta since a base, for a viewer that sees these objects, or all.
    pub(super) fn delta(&mut self, base: Tick, visible: Option<&[Slot]>) -> usize {
        let Self { table, taken, .. } = self;
        match visible {
            None => table.delta(base, taken.ones(), true),
            // To search these few is faster than to search all for a delta that others may share.
            Some(visible) => {
                let numbers = visible.iter().filter_map(|slot| slot.object_index());
                table.delta(base, numbers, false)
            }
        }
    }

    /// Returns all objects, by slot.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.taken.ones().map(Slot::of_object)
    }

    /// Returns whether an object entered or left after a tick.
    pub(super) fn relisted_since(&self, tick: Tick) -> bool {
        self.relisted_at > tick
    }

    /// Returns whether an object entered or left one of these slots after a tick.
    pub(super) fn slots_relisted_since(&self, tick: Tick, slots: &[Slot]) -> bool {
        let relisted_at = |slot: &Slot| self.slot_relisted_at.get(slot.object_index()?);
        self.relisted_since(tick) && slots.iter().filter_map(relisted_at).any(|at| *at > tick)
    }

    /// Returns whether a record changed after a tick.
    pub(super) fn changed_since(&self, tick: Tick) -> bool {
        self.changed_at > tick
    }

    /// Returns the tick in which the object in a slot entered, or a future tick if there is none.
    pub(super) fn entered_at(&self, slot: Slot) -> Tick {
        let at = slot.object_index().and_then(|at| self.entered_at.get(at));
        at.copied().unwrap_or(NEVER)
    }
}
