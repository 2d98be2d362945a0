//! The bytes of records: each is encoded when the first viewer needs it, an enter once per tick, an
//! update once per tick and base.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::{Slot, Tick};

use super::{
    changes::Changes,
    encode::{encode_enter, encode_update},
    record::Record,
};

/// The maximum number of shared deltas per room and tick whose base is older than [`Changes`]
/// remembers. Only viewers that were held need one. Beyond this limit, each of them has a private
/// delta of the slots that it sees.
const MAX_OLD: usize = 8;

/// The bytes of the records of a table in this tick. Records have the slots from `first` on, and
/// all numbers of records count from there.
#[derive(Debug)]
pub(super) struct Arena {
    first: Slot,
    tick: Tick,
    bytes: Vec<u8>,
    /// The enter record of each slot, and the tick in which a viewer needed it last. Ranges of
    /// earlier ticks are outdated.
    enters: Vec<(Tick, Range)>,
    /// The first `len` are the shared deltas of this tick, one per base. The next one may be the
    /// private delta of a single viewer. The others only keep their memory.
    deltas: Vec<Delta>,
    len: usize,
    /// The number of shared deltas with an old base.
    old: usize,
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
    /// The update record of each slot, if a viewer needed it. Only changed slots have one.
    ranges: Vec<Option<Range>>,
    /// All update records as one range, and their number, if a viewer needed all.
    all: Option<(Range, u16)>,
}

impl Arena {
    pub(super) fn new(first: Slot) -> Self {
        Self {
            first,
            tick: Tick(0),
            bytes: Vec::new(),
            enters: Vec::new(),
            deltas: Vec::new(),
            len: 0,
            old: 0,
        }
    }

    /// Clears the bytes of the previous tick. Further calls in the same tick do nothing and return
    /// `false`.
    pub(super) fn begin(&mut self, tick: Tick, slot_count: usize) -> bool {
        if self.tick == tick {
            return false;
        }
        self.tick = tick;
        self.bytes.clear();
        self.enters.resize(slot_count, (Tick(0), Range::default()));
        self.len = 0;
        self.old = 0;
        true
    }

    /// Returns the index of the delta since a base, for a viewer that sees these records. A delta
    /// whose base is old is shared only if `may_share`.
    pub(super) fn delta(
        &mut self,
        base: Tick,
        (records, changes): (&[Record], &Changes),
        visible: impl Iterator<Item = usize>,
        may_share: bool,
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
        delta.restart(base, records.len());
        let is_recent = changes.since(base, &mut delta.changed);
        let is_shared = is_recent || (may_share && self.old < MAX_OLD);
        let changed = |slot: &usize| records[*slot].changed_since(base);
        match (is_recent, is_shared) {
            (true, _) => {}
            (false, true) => delta.changed.extend((0..records.len()).filter(changed)),
            (false, false) => delta.changed.extend(visible.filter(changed)),
        }
        self.len += usize::from(is_shared);
        self.old += usize::from(is_shared && !is_recent);
        delta.count = delta.changed.count_ones(..);
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
        let words = self.deltas[delta].changed.as_slice();
        if (0..words.len()).all(|word| words[word] & !wanted(word) == 0) {
            return self.copy_all(delta, records, out);
        }
        let (bytes, tick) = (&mut self.bytes, self.tick);
        let delta = &mut self.deltas[delta];
        let words = delta.changed.as_slice();
        let mut count = 0;
        for slot in ones(words.len(), |word| words[word] & wanted(word)) {
            let range = delta.ranges[slot].get_or_insert_with(|| {
                Range::of(bytes, |bytes| {
                    encode_update(bytes, slot_of(self.first, slot), &records[slot], delta.base, tick)
                })
            });
            out.extend_from_slice(&bytes[range.bytes()]);
            count += 1;
        }
        count
    }

    /// Appends all update records of a delta. Returns their number.
    pub(super) fn copy_all(&mut self, delta: usize, records: &[Record], out: &mut Vec<u8>) -> u16 {
        let (range, count) = self.deltas[delta].all(&mut self.bytes, records, (self.first, self.tick));
        out.extend_from_slice(&self.bytes[range.bytes()]);
        count
    }

    /// Appends the update record of a slot that changed.
    pub(super) fn copy_update(&mut self, delta: usize, slot: usize, records: &[Record], out: &mut Vec<u8>) {
        let (bytes, tick) = (&mut self.bytes, self.tick);
        let delta = &mut self.deltas[delta];
        let range = delta.ranges[slot].get_or_insert_with(|| {
            Range::of(bytes, |bytes| {
                encode_update(bytes, slot_of(self.first, slot), &records[slot], delta.base, tick)
            })
        });
        out.extend_from_slice(&bytes[range.bytes()]);
    }

    /// Appends the enter record of a slot.
    pub(super) fn copy_enter(&mut self, slot: usize, records: &[Record], out: &mut Vec<u8>) {
        let (encoded_at, range) = &mut self.enters[slot];
        if *encoded_at != self.tick {
            *encoded_at = self.tick;
            *range = Range::of(&mut self.bytes, |bytes| {
                encode_enter(bytes, slot_of(self.first, slot), &records[slot], self.tick)
            });
        }
        out.extend_from_slice(&self.bytes[range.bytes()]);
    }
}

/// Returns the slot of the record with a number.
fn slot_of(first: Slot, number: usize) -> Slot {
    Slot((first.index() + number) as u16)
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
    /// Makes this a delta without changes.
    fn restart(&mut self, base: Tick, slot_count: usize) {
        for slot in self.changed.ones() {
            self.ranges[slot] = None;
        }
        self.changed.clear();
        self.changed.grow(slot_count);
        self.ranges.resize(slot_count, None);
        self.base = base;
        self.all = None;
    }

    /// Returns all update records as one range, and their number.
    fn all(&mut self, bytes: &mut Vec<u8>, records: &[Record], (first, tick): (Slot, Tick)) -> (Range, u16) {
        if let Some(all) = self.all {
            return all;
        }
        let mut count = 0;
        let range = Range::of(bytes, |bytes| {
            for slot in self.changed.ones() {
                let write = |bytes: &mut Vec<u8>| {
                    encode_update(bytes, slot_of(first, slot), &records[slot], self.base, tick);
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
