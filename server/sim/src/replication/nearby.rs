//! The frames of nearby ticks: updates of nearby slots between two full ticks of a viewer.
//!
//! They contain only updates of slots that the client knows, encoded as for the next full tick. The
//! next full tick repeats these updates, which changes nothing for the client. So the server does
//! not need to record when it sent each slot to each viewer.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::Slot,
    snapshot::{Builder, flags},
};
use parlour_tick::TickOutput;

use super::{
    encode::ones,
    frame::{Frame, WORD},
};

/// If more slots of a room changed, nearby ticks send nothing: to check each change for each viewer
/// would take longer than to send everything.
const MOST_CHANGES: usize = 256;

impl Frame<'_> {
    /// Writes the changes within a distance (squared, in units) of the viewer, whose own slot is
    /// `own`.
    pub(super) fn write_nearby(&mut self, own: Slot, distance_squared: i64, out: &mut TickOutput) {
        let Some(base) = self.base() else { return };
        let delta = self.delta();
        if self.arena.get(delta).count > MOST_CHANGES {
            return;
        }
        let mut news = std::mem::take(&mut self.arena.nearby);
        let has_news = self.find_news(delta, own, distance_squared, &mut news);
        if has_news {
            let start = out.bytes.len() as u32;
            let (view, ack) = (self.viewer.view, self.viewer.ack.take());
            let mut builder = Builder::begin(&mut out.bytes, view, self.tick, Some(base), ack);
            let news = news.as_slice();
            builder.section(flags::UPDATES, |bytes| {
                self.arena
                    .copy_updates(delta, self.records, |word| news[word], bytes)
            });
            self.finish(start, &out.bytes, &mut out.frames);
        }
        self.viewer.note_nearby_tick(has_news, self.tick);
        self.arena.nearby = news;
    }

    /// Finds the slots that are nearby and changed. Returns `false` if there is no such slot.
    fn find_news(&mut self, delta: usize, own: Slot, distance_squared: i64, news: &mut FixedBitSet) -> bool {
        let here = self.records[own.index()].segment.at(self.tick);
        let mut any = false;
        news.clear();
        news.grow(self.records.len());
        for word in 0..news.as_slice().len() {
            let changed = self.arena.get(delta).changed.as_slice()[word];
            let (visible, known, _) = self.words();
            let candidates = changed & visible[word] & known[word];
            for bit in ones(1, |_| candidates) {
                let slot = word * WORD + bit;
                let record = &self.records[slot];
                let is_nearby = here.distance_squared(record.segment.at(self.tick)) <= distance_squared;
                if self.viewer.take_nearby_change(slot, record, is_nearby) {
                    news.insert(slot);
                    any = true;
                }
            }
        }
        any
    }
}
