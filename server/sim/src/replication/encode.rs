//! Encodes a record when the first viewer needs it: an enter once per tick, an update once per
//! tick and base.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::{Slot, Tick},
    snapshot::{
        EnterFields, IdentityFields, fields, write_anchor, write_component, write_component_mask,
        write_enter, write_skin, write_turn, write_update_head,
    },
};

use super::{
    changes::Changes,
    record::{EncodedComponent, Record},
};

/// The maximum number of shared deltas per room and tick whose base is older than [`Changes`]
/// remembers. Only viewers that were held need one. Beyond this limit, each of them has a private
/// delta of the slots that it sees.
const MAX_OLD: usize = 8;

/// The bytes of a room's records in this tick.
#[derive(Debug, Default)]
pub(super) struct Arena {
    tick: Tick,
    bytes: Vec<u8>,
    /// The enter record of each slot, if a viewer needed it in this tick.
    enters: Vec<Option<Range>>,
    /// The first `len` are the shared deltas of this tick, one per base. The next one may be the
    /// private delta of a single viewer. The others only keep their memory.
    deltas: Vec<Delta>,
    len: usize,
    /// The number of shared deltas with an old base.
    old: usize,
    /// Scratch memory for the search for nearby changes.
    pub(super) nearby: FixedBitSet,
}

/// A range of the arena.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    start: u32,
    end: u32,
}

/// The update records of all slots that changed since a base.
#[derive(Debug, Default)]
pub(super) struct Delta {
    base: Tick,
    /// The slots that changed since the base.
    pub(super) changed: FixedBitSet,
    /// The number of changed slots.
    pub(super) count: usize,
    /// The update record of each slot, if a viewer needed it.
    ranges: Vec<Option<Range>>,
    /// All update records as one range, and their number, if a viewer needed all.
    all: Option<(Range, u16)>,
}

impl Arena {
    /// Clears the bytes of the previous tick. Further calls in the same tick do nothing.
    pub(super) fn begin(&mut self, tick: Tick, slot_count: usize) {
        if self.tick == tick {
            return;
        }
        self.tick = tick;
        self.bytes.clear();
        self.enters.clear();
        self.enters.resize(slot_count, None);
        self.len = 0;
        self.old = 0;
    }

    /// Returns the index of the delta since a base, for a viewer that sees these slots.
    pub(super) fn delta(
        &mut self,
        base: Tick,
        records: &[Record],
        changes: &Changes,
        visible: &FixedBitSet,
    ) -> usize {
        let known = self.deltas[..self.len]
            .iter()
            .position(|delta| delta.base == base);
        if let Some(known) = known {
            return known;
        }
        let at = self.len;
        if at == self.deltas.len() {
            self.deltas.push(Delta::default());
        }
        let delta = &mut self.deltas[at];
        delta.base = base;
        delta.changed.clear();
        delta.changed.grow(records.len());
        let is_recent = changes.since(base, &mut delta.changed);
        let is_shared = is_recent || self.old < MAX_OLD;
        let changed = |slot: &usize| records[*slot].changed_since(base);
        match (is_recent, is_shared) {
            (true, _) => {}
            (false, true) => delta.changed.extend((0..records.len()).filter(changed)),
            (false, false) => delta.changed.extend(visible.ones().filter(changed)),
        }
        self.len += usize::from(is_shared);
        self.old += usize::from(is_shared && !is_recent);
        delta.count = delta.changed.count_ones(..);
        delta.all = None;
        delta.ranges.clear();
        delta.ranges.resize(records.len(), None);
        at
    }

    /// Returns a delta by the number that [`Self::delta`] returned.
    pub(super) fn get(&self, delta: usize) -> &Delta {
        &self.deltas[delta]
    }

    /// Appends the update records of some slots of a delta, given as words of bits. Returns their
    /// number.
    #[inline]
    pub(super) fn copy_updates(
        &mut self,
        delta: usize,
        records: &[Record],
        wanted: impl Fn(usize) -> usize,
        out: &mut Vec<u8>,
    ) -> u16 {
        let (bytes, tick) = (&mut self.bytes, self.tick);
        let delta = &mut self.deltas[delta];
        let words = delta.changed.as_slice();
        if (0..words.len()).all(|word| words[word] & !wanted(word) == 0) {
            let (all, count) = delta.all(bytes, records, tick);
            out.extend_from_slice(&bytes[all.bytes()]);
            return count;
        }
        let mut count = 0;
        for slot in ones(words.len(), |word| words[word] & wanted(word)) {
            let range = delta.ranges[slot].get_or_insert_with(|| {
                Range::of(bytes, |bytes| {
                    encode_update(bytes, Slot(slot as u16), &records[slot], delta.base, tick)
                })
            });
            out.extend_from_slice(&bytes[range.bytes()]);
            count += 1;
        }
        count
    }

    /// Appends the enter record of a slot.
    pub(super) fn copy_enter(&mut self, slot: usize, records: &[Record], out: &mut Vec<u8>) {
        let (bytes, tick) = (&mut self.bytes, self.tick);
        let range = self.enters[slot].get_or_insert_with(|| {
            Range::of(bytes, |bytes| {
                encode_enter(bytes, Slot(slot as u16), &records[slot], tick)
            })
        });
        out.extend_from_slice(&bytes[range.bytes()]);
    }
}

impl Range {
    /// Returns the range of the bytes that `write` appends.
    fn of(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let start = bytes.len() as u32;
        write(bytes);
        let end = bytes.len() as u32;
        Self { start, end }
    }

    fn bytes(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Delta {
    /// Returns all update records as one range, and their number.
    fn all(&mut self, bytes: &mut Vec<u8>, records: &[Record], tick: Tick) -> (Range, u16) {
        if let Some(all) = self.all {
            return all;
        }
        let mut count = 0;
        let range = Range::of(bytes, |bytes| {
            for slot in self.changed.ones() {
                let write = |bytes: &mut Vec<u8>| {
                    encode_update(bytes, Slot(slot as u16), &records[slot], self.base, tick);
                };
                self.ranges[slot] = Some(Range::of(bytes, write));
                count += 1;
            }
        });
        *self.all.insert((range, count))
    }
}

/// Returns the positions of the set bits in words of bits.
pub(super) fn ones(words: usize, word: impl Fn(usize) -> usize) -> impl Iterator<Item = usize> {
    (0..words).flat_map(move |at| {
        let mut bits = word(at);
        std::iter::from_fn(move || {
            let bit = (bits != 0).then(|| at * usize::BITS as usize + bits.trailing_zeros() as usize);
            bits &= bits.wrapping_sub(1);
            bit
        })
    })
}

fn encode_enter(out: &mut Vec<u8>, slot: Slot, record: &Record, tick: Tick) {
    let enter = EnterFields {
        slot,
        identity: IdentityFields::Player {
            player: record.player,
            name: &record.name,
            skin: record.skin,
        },
        position: record.segment.at(tick),
        gait: record.segment.gait,
        components: mask_of(record.components()),
    };
    write_enter(out, &enter);
    for (_, component) in record.components() {
        write_component(out, component.as_bytes());
    }
}

fn encode_update(out: &mut Vec<u8>, slot: Slot, record: &Record, base: Tick, tick: Tick) {
    let moved = record.motion_changed > base;
    let turned = moved && record.is_turn_since(base, tick);
    let mut mask = 0;
    if moved {
        mask |= if turned { fields::TURN } else { fields::ANCHOR };
    }
    if record.skin_changed > base {
        mask |= fields::SKIN;
    }
    if record.components_changed > base {
        mask |= fields::COMPONENTS;
    }
    write_update_head(out, slot, mask);
    if turned {
        write_turn(out, tick.since(record.motion_changed) as u8, record.segment.gait);
    } else if moved {
        write_anchor(out, record.segment.at(tick), record.segment.gait);
    }
    if mask & fields::SKIN != 0 {
        write_skin(out, record.skin);
    }
    if mask & fields::COMPONENTS != 0 {
        let changed = record.components_since(base);
        write_component_mask(out, mask_of(changed.clone()));
        for (_, component) in changed {
            write_component(out, component.as_bytes());
        }
    }
}

fn mask_of<'a>(components: impl Iterator<Item = (usize, &'a EncodedComponent)>) -> u16 {
    components.fold(0, |mask, (index, _)| mask | 1 << index)
}
