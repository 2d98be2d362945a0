//! The frames of nearby ticks: updates of nearby slots between two full ticks of a viewer.
//!
//! They contain only updates of slots that the client knows, encoded as for the next full tick. The
//! next full tick repeats these updates, which changes nothing for the client. So the server does
//! not need to record when it sent each slot to each viewer.
//!
//! A second nearby tick between two full ticks sends only what is new of players, but repeats the
//! updates of objects. There is usually one nearby tick, and there are few changed objects nearby.

use parlour_shared::{
    ids::Slot,
    motion::Position,
    snapshot::{Builder, flags},
};
use parlour_tick::TickOutput;

use super::{
    arena::ones,
    frame::{Frame, RoomRecords},
    known_players::WORD,
    object_sight::ObjectSight,
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
        let of_objects = self.object_delta();
        let objects_changed = of_objects.map_or(0, |delta| self.records.objects.table.get(delta).count);
        if self.records.players.get(delta).count + objects_changed > MOST_CHANGES {
            return;
        }
        let here = self.records.players.records[own.index()].segment.at(self.tick);
        let nearby = |position: Position| here.distance_squared(position) <= distance_squared;
        let mut has_news = self.find_nearby_players(delta, nearby);
        if let Some(delta) = of_objects {
            has_news |= self.find_nearby_objects(delta, nearby);
        }
        if has_news {
            let start = out.bytes.len() as u32;
            let (view, ack) = (self.viewer.view, self.viewer.ack.take());
            let mut builder = Builder::begin(&mut out.bytes, view, self.tick, Some(base), ack);
            builder.section(flags::UPDATES, |bytes| {
                let RoomRecords {
                    players,
                    objects,
                    scratch,
                } = &mut self.records;
                let words = scratch.nearby.as_slice();
                let count = players.copy_updates(delta, |word| words[word], bytes);
                let Some(delta) = of_objects else { return count };
                for &at in &scratch.nearby_objects {
                    objects.table.copy_update(delta, at, bytes);
                }
                count + scratch.nearby_objects.len() as u16
            });
            self.finish(start, &out.bytes, &mut out.frames);
        }
        self.viewer.note_nearby_tick(has_news, self.tick);
    }

    /// Finds the players that are nearby and changed. Returns `false` if there are none.
    fn find_nearby_players(&mut self, delta: usize, nearby: impl Fn(Position) -> bool) -> bool {
        let mut news = std::mem::take(&mut self.records.scratch.nearby);
        let mut any = false;
        news.clear();
        news.grow(self.records.players.records.len());
        for word in 0..news.as_slice().len() {
            let changed = self.records.players.get(delta).changed.as_slice()[word];
            let (visible, known) = self.words();
            let candidates = changed & visible[word] & known[word].known;
            for bit in ones(1, |_| candidates) {
                let slot = word * WORD + bit;
                let record = &self.records.players.records[slot];
                let is_nearby = nearby(record.segment.at(self.tick));
                if self.viewer.take_nearby_change(slot, record, is_nearby) {
                    news.insert(slot);
                    any = true;
                }
            }
        }
        self.records.scratch.nearby = news;
        any
    }

    /// Returns the number of the delta of objects since the viewer's last full tick, unless nothing
    /// changed since then.
    fn object_delta(&mut self) -> Option<usize> {
        let objects = &mut self.records.objects;
        let since = self.viewer.full_at;
        let visible = Some(&self.viewer.known_objects[..]);
        objects
            .changed_since(since)
            .then(|| objects.delta(since, visible))
    }

    /// Finds the objects that are nearby and changed. Returns `false` if there are none.
    fn find_nearby_objects(&mut self, delta: usize, nearby: impl Fn(Position) -> bool) -> bool {
        let RoomRecords { objects, scratch, .. } = &mut self.records;
        let (table, since) = (&objects.table, self.viewer.full_at);
        let changed = &table.get(delta).changed;
        let is_news = |at: &usize| {
            let slot = Slot::of_object(*at);
            changed.contains(*at)
                && objects.entered_at(slot) <= since
                && nearby(table.records[*at].segment.at(self.tick))
        };
        let known = &self.viewer.known_objects;
        scratch.nearby_objects.clear();
        match self.sight.objects {
            // The viewer knows all objects that were here at its last full tick.
            ObjectSight::Nothing => {}
            ObjectSight::All => scratch.nearby_objects.extend(changed.ones().filter(is_news)),
            ObjectSight::Listed { slots, .. } => {
                let known = slots.iter().filter(|slot| known.binary_search(slot).is_ok());
                let numbers = known.filter_map(|slot| slot.object_index());
                scratch.nearby_objects.extend(numbers.filter(is_news));
            }
        }
        !scratch.nearby_objects.is_empty()
    }
}
