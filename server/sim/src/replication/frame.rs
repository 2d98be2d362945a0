//! The frame of one viewer: a header, and the encoded enters and updates of the slots that it sees.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::Tick,
    limits::{HEARTBEAT_TICKS, MAX_BASE_AGE},
    snapshot::{Builder, flags},
};
use parlour_tick::{Lane, OutFrame};

use super::{
    changes::Changes,
    encode::{Arena, ones},
    record::Record,
    viewer::Viewer,
};

/// The number of slots in a word of a set.
pub(super) const WORD: usize = usize::BITS as usize;

/// The context of writing one viewer's frame.
pub(super) struct Frame<'a> {
    pub(super) viewer: &'a mut Viewer,
    pub(super) visible: &'a FixedBitSet,
    pub(super) records: &'a [Record],
    pub(super) changes: &'a Changes,
    pub(super) arena: &'a mut Arena,
    pub(super) tick: Tick,
}

impl Frame<'_> {
    /// Writes the frame of a full tick, if there is anything to send.
    pub(super) fn write(&mut self, bytes: &mut Vec<u8>, frames: &mut Vec<OutFrame>) {
        let start = bytes.len() as u32;
        match self.base() {
            None => self.write_full(bytes),
            Some(base) => {
                let delta = self.delta();
                self.viewer.full_at = self.tick;
                if !self.has_news(delta, base) {
                    return;
                }
                self.write_delta(delta, base, bytes);
            }
        }
        self.viewer.note_full_tick(self.visible, self.tick);
        self.finish(start, bytes, frames);
    }

    /// Returns the tick of the last snapshot sent, if a delta can name it.
    pub(super) fn base(&self) -> Option<Tick> {
        let base = self.viewer.base;
        base.filter(|&base| self.tick.since(base) <= MAX_BASE_AGE)
    }

    /// Returns the index of the delta since the viewer's last full tick.
    pub(super) fn delta(&mut self) -> usize {
        self.arena
            .delta(self.viewer.full_at, self.records, self.changes, self.visible)
    }

    /// Adds the frame to the output: the bytes from `start` on.
    pub(super) fn finish(&self, start: u32, bytes: &[u8], frames: &mut Vec<OutFrame>) {
        frames.push(OutFrame {
            session: self.viewer.session,
            lane: Lane::Snapshot,
            start,
            end: bytes.len() as u32,
        });
    }

    /// Returns whether there is anything to send: a change, an acknowledgement, or a heartbeat.
    fn has_news(&self, delta: usize, base: Tick) -> bool {
        let changed = self.arena.get(delta).changed.as_slice();
        let (visible, known, gone) = self.words();
        self.viewer.ack.is_some()
            || self.tick.since(base) >= HEARTBEAT_TICKS
            || (0..visible.len()).any(|word| {
                visible[word] != known[word] || gone[word] != 0 || visible[word] & changed[word] != 0
            })
    }

    fn write_full(&mut self, bytes: &mut Vec<u8>) {
        self.viewer.forget();
        let mut builder = Builder::begin(bytes, self.viewer.view, self.tick, None, self.viewer.ack);
        builder.section(flags::ENTERS, |out| self.write_enters(out));
    }

    /// All three sections are relative to what the client knew before this frame.
    fn write_delta(&mut self, delta: usize, base: Tick, bytes: &mut Vec<u8>) {
        let mut builder = Builder::begin(bytes, self.viewer.view, self.tick, Some(base), self.viewer.ack);
        builder.section(flags::LEAVES, |out| self.write_leaves(out));
        builder.section(flags::ENTERS, |out| self.write_enters(out));
        builder.section(flags::UPDATES, |out| {
            let (visible, known) = (self.visible.as_slice(), self.viewer.known.as_slice());
            self.arena
                .copy_updates(delta, self.records, |word| visible[word] & known[word], out)
        });
    }

    #[inline]
    fn write_leaves(&self, out: &mut Vec<u8>) -> u16 {
        let mut count = 0;
        let (visible, known, gone) = self.words();
        for slot in ones(visible.len(), |word| gone[word] | known[word] & !visible[word]) {
            out.extend_from_slice(&(slot as u16).to_le_bytes());
            count += 1;
        }
        count
    }

    fn write_enters(&mut self, out: &mut Vec<u8>) -> u16 {
        let mut count = 0;
        let (visible, known) = (self.visible.as_slice(), self.viewer.known.as_slice());
        for slot in ones(visible.len(), |word| visible[word] & !known[word]) {
            self.arena.copy_enter(slot, self.records, out);
            count += 1;
        }
        count
    }

    /// Returns the words of the visible, the known and the gone slots.
    pub(super) fn words(&self) -> (&[usize], &[usize], &[usize]) {
        (
            self.visible.as_slice(),
            self.viewer.known.as_slice(),
            self.viewer.gone.as_slice(),
        )
    }
}
