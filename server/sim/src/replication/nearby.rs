//! Frames between those that tell everything: what is close to a viewer is told first when there is no room for all.
//!
//! They hold updates only, of slots the client knows, and encoded as for the next frame that tells everything. That frame
//! tells them again, which changes nothing for who knows it already: so nobody has to keep, slot by slot, what was told
//! when.

use fixedbitset::FixedBitSet;
use parlour_shared::snapshot::{Builder, flags};
use parlour_tick::TickOutput;

use super::{
    encode::ones,
    frame::{Frame, WORD},
};

/// Changes in a room beyond which nothing is told first: to look at each for each viewer would take longer than to tell all.
const MOST_CHANGES: usize = 256;

impl Frame<'_> {
    /// Tells what changed within a distance (squared, in units) of the viewer.
    pub(super) fn write_close(&mut self, distance_squared: i64, out: &mut TickOutput) {
        let Some(base) = self.base() else { return };
        let delta = self.delta();
        if self.arena.get(delta).count > MOST_CHANGES {
            return;
        }
        let mut news = std::mem::take(&mut self.arena.close);
        let has_news = self.find_news(delta, distance_squared, &mut news);
        if has_news {
            let start = out.bytes.len() as u32;
            let (stay, ack) = (self.viewer.stay, self.viewer.ack.take());
            let mut builder = Builder::begin(&mut out.bytes, stay, self.tick, Some(base), ack);
            let news = news.as_slice();
            builder.section(flags::UPDATES, |bytes| {
                self.arena
                    .copy_updates(delta, self.records, |word| news[word], bytes)
            });
            self.finish(start, &out.bytes, &mut out.frames);
        }
        self.viewer.told_close(has_news, self.tick);
        self.arena.close = news;
    }

    /// The slots that are close and have news. False: there are none.
    fn find_news(&mut self, delta: usize, distance_squared: i64, news: &mut FixedBitSet) -> bool {
        let here = self.records[self.own.index()].segment.at(self.tick);
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
                let is_close = here.distance_squared(record.segment.at(self.tick)) <= distance_squared;
                if self.viewer.notice(slot, record, is_close) {
                    news.insert(slot);
                    any = true;
                }
            }
        }
        any
    }
}
