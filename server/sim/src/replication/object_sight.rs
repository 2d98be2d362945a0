//! What changed among the objects that a viewer sees.

use parlour_shared::ids::{Slot, Tick};

use super::object_records::ObjectRecords;

/// The objects that a viewer sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum ObjectSight<'a> {
    /// None, because the room never had an object.
    Nothing,
    /// All objects of the room.
    All,
    /// Some of them, by slot, and when that list last changed.
    Listed { slots: &'a [Slot], changed_at: Tick },
}

/// What a viewer must be sent about objects. All lists are in order of slot, and keep their memory
/// for the next viewer.
#[derive(Debug, Default)]
pub(super) struct ObjectNews {
    /// Whether the viewer may see other objects than before. If not, the lists mean nothing.
    is_relisted: bool,
    /// The slots whose objects left. Some may have new objects.
    left: Vec<Slot>,
    entered: Vec<Slot>,
    stayed: Vec<Slot>,
    /// The objects that entered and those that stayed.
    seen: Vec<Slot>,
    /// The delta with the changes of the objects that stayed, if there are any.
    delta: Option<usize>,
}

impl ObjectNews {
    /// Finds the news for a viewer that knew these objects, and no others, in the tick `since`.
    /// Returns `false` if there are none.
    ///
    /// If no object of the room and no list changed, this costs a few comparisons. If other objects
    /// entered or left, it costs a few for each object that the viewer knows.
    pub(super) fn find(
        &mut self,
        records: &mut ObjectRecords,
        (known, since): (&[Slot], Tick),
        sight: ObjectSight<'_>,
        now: Tick,
    ) -> bool {
        self.is_relisted = match sight {
            ObjectSight::Nothing => false,
            ObjectSight::All => records.relisted_since(since),
            ObjectSight::Listed { slots, changed_at } => {
                changed_at > since
                    || records.slots_relisted_since(since, slots)
                    || records.slots_relisted_since(since, known)
            }
        };
        if self.is_relisted {
            let entered_at = |slot| records.entered_at(slot);
            match sight {
                ObjectSight::Nothing => {}
                ObjectSight::All => self.compare(known, records.slots(), entered_at, (since, now)),
                ObjectSight::Listed { slots, .. } => {
                    self.compare(known, slots.iter().copied(), entered_at, (since, now));
                }
            }
        }
        self.delta = if records.changed_since(since) {
            find_updates(records, since, self.stayed(sight))
        } else {
            None
        };
        let lists_differ = self.is_relisted && !(self.left.is_empty() && self.entered.is_empty());
        lists_differ || self.delta.is_some()
    }

    /// Appends the leaves. Returns their number.
    pub(super) fn write_leaves(&self, out: &mut Vec<u8>) -> u16 {
        let left = if self.is_relisted { &self.left[..] } else { &[] };
        left.iter().for_each(|slot| out.extend(slot.0.to_le_bytes()));
        left.len() as u16
    }

    /// Appends the enter records. Returns their number.
    pub(super) fn write_enters(&self, records: &mut ObjectRecords, out: &mut Vec<u8>) -> u16 {
        let entered = if self.is_relisted { &self.entered[..] } else { &[] };
        for at in entered.iter().filter_map(|slot| slot.object_index()) {
            records.table.copy_enter(at, out);
        }
        entered.len() as u16
    }

    /// Appends the update records of the objects that stayed. Returns their number.
    pub(super) fn write_updates(
        &self,
        records: &mut ObjectRecords,
        sight: ObjectSight<'_>,
        out: &mut Vec<u8>,
    ) -> u16 {
        let Some(delta) = self.delta else { return 0 };
        let Some(stayed) = self.stayed(sight) else {
            return records.table.copy_all(delta, out);
        };
        let mut count = 0;
        for at in stayed.iter().filter_map(|slot| slot.object_index()) {
            if records.table.get(delta).changed.contains(at) {
                records.table.copy_update(delta, at, out);
                count += 1;
            }
        }
        count
    }

    /// Replaces the objects that a viewer knows by those that it sees now.
    pub(super) fn note(&self, known: &mut Vec<Slot>) {
        if self.is_relisted {
            known.clone_from(&self.seen);
        }
    }

    /// Returns the objects that the viewer knew and still sees, or `None` if they are all objects
    /// of the room.
    fn stayed<'a>(&'a self, sight: ObjectSight<'a>) -> Option<&'a [Slot]> {
        match sight {
            _ if self.is_relisted => Some(&self.stayed),
            ObjectSight::Listed { slots, .. } => Some(slots),
            ObjectSight::Nothing => Some(&[]),
            ObjectSight::All => None,
        }
    }

    /// Compares the known with the visible objects.
    fn compare(
        &mut self,
        known: &[Slot],
        visible: impl Iterator<Item = Slot>,
        entered_at: impl Fn(Slot) -> Tick,
        (since, now): (Tick, Tick),
    ) {
        [
            &mut self.left,
            &mut self.entered,
            &mut self.stayed,
            &mut self.seen,
        ]
        .into_iter()
        .for_each(Vec::clear);
        let mut known = known.iter().copied().peekable();
        for slot in visible {
            while let Some(left) = known.next_if(|known| *known < slot) {
                self.left.push(left);
            }
            let is_known = known.next_if_eq(&slot).is_some();
            let entered_at = entered_at(slot);
            let is_same = is_known && entered_at <= since;
            if is_known && !is_same {
                self.left.push(slot);
            }
            if entered_at <= now {
                self.seen.push(slot);
                let list = if is_same {
                    &mut self.stayed
                } else {
                    &mut self.entered
                };
                list.push(slot);
            }
        }
        self.left.extend(known);
    }
}

/// Returns the delta since a tick, if one of these objects has changed. `None` are all objects.
fn find_updates(records: &mut ObjectRecords, since: Tick, of: Option<&[Slot]>) -> Option<usize> {
    if of.is_some_and(<[Slot]>::is_empty) {
        return None;
    }
    let number = records.delta(since, of);
    let delta = records.table.get(number);
    let any = match of {
        None => delta.count > 0,
        Some(slots) => {
            let mut numbers = slots.iter().filter_map(|slot| slot.object_index());
            delta.count > 0 && numbers.any(|at| delta.changed.contains(at))
        }
    };
    any.then_some(number)
}
