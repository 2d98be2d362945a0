//! The frame of one viewer: a header, and the encoded enters and updates of the slots that it sees.
//! Each section has the players first, and then the objects, so that its slots increase.

use fixedbitset::FixedBitSet;
use parlour_shared::{
    ids::Tick,
    limits::{HEARTBEAT_TICKS, MAX_BASE_AGE},
    snapshot::{Builder, flags},
};
use parlour_tick::{Lane, OutFrame};

use super::{
    arena::ones,
    known_players::KnownWord,
    object_records::ObjectRecords,
    object_sight::{ObjectNews, ObjectSight},
    table::Table,
    viewer::Viewer,
};

/// The context of writing one viewer's frame.
pub(super) struct Frame<'a> {
    pub(super) viewer: &'a mut Viewer,
    pub(super) sight: Sight<'a>,
    pub(super) records: RoomRecords<'a>,
    pub(super) tick: Tick,
}

/// What a viewer sees.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    /// The slots of players.
    pub(super) players: &'a FixedBitSet,
    pub(super) objects: ObjectSight<'a>,
}

/// The records of a room, and scratch memory for its viewers.
pub(super) struct RoomRecords<'a> {
    pub(super) players: &'a mut Table,
    pub(super) objects: &'a mut ObjectRecords,
    pub(super) scratch: &'a mut Scratch,
}

impl RoomRecords<'_> {
    pub(super) fn reborrow(&mut self) -> RoomRecords<'_> {
        RoomRecords {
            players: self.players,
            objects: self.objects,
            scratch: self.scratch,
        }
    }
}

/// Memory for the search for what a viewer is sent. It keeps nothing from one viewer to the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) news: ObjectNews,
    /// The nearby players, as a set of slots.
    pub(super) nearby: FixedBitSet,
    /// The nearby objects, as numbers of their records.
    pub(super) nearby_objects: Vec<usize>,
}

impl Frame<'_> {
    /// Writes the frame of a full tick, if there is anything to send.
    pub(super) fn write(&mut self, bytes: &mut Vec<u8>, frames: &mut Vec<OutFrame>) {
        let start = bytes.len() as u32;
        match self.base() {
            None => {
                self.viewer.forget();
                self.find_object_news();
                self.write_full(bytes);
            }
            Some(base) => {
                let delta = self.delta();
                let has_object_news = self.find_object_news();
                self.viewer.full_at = self.tick;
                if !has_object_news && !self.has_news(delta, base) {
                    return;
                }
                self.write_delta(delta, base, bytes);
            }
        }
        self.viewer.note_full_tick(self.sight.players, self.tick);
        self.records.scratch.news.note(&mut self.viewer.known_objects);
        self.finish(start, bytes, frames);
    }

    /// Returns the tick of the last snapshot sent, if a delta can name it.
    pub(super) fn base(&self) -> Option<Tick> {
        let base = self.viewer.base;
        base.filter(|&base| self.tick.since(base) <= MAX_BASE_AGE)
    }

    /// Returns the number of the delta of players since the viewer's last full tick.
    pub(super) fn delta(&mut self) -> usize {
        let visible = self.sight.players.ones();
        self.records.players.delta(self.viewer.full_at, visible, true)
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

    /// Returns whether there is anything to send apart from objects: a change of players, an
    /// acknowledgement, or a heartbeat.
    fn has_news(&self, delta: usize, base: Tick) -> bool {
        let changed = self.records.players.get(delta).changed.as_slice();
        let (visible, known) = self.words();
        self.viewer.ack.is_some()
            || self.tick.since(base) >= HEARTBEAT_TICKS
            || (0..visible.len()).any(|word| {
                let slots = &known[word];
                visible[word] != slots.known || slots.gone != 0 || visible[word] & changed[word] != 0
            })
    }

    /// Finds what happened to objects since the viewer's last full tick.
    fn find_object_news(&mut self) -> bool {
        let known = (&self.viewer.known_objects[..], self.viewer.full_at);
        let RoomRecords { objects, scratch, .. } = &mut self.records;
        scratch.news.find(objects, known, self.sight.objects, self.tick)
    }

    fn write_full(&mut self, bytes: &mut Vec<u8>) {
        let mut builder = Builder::begin(bytes, self.viewer.view, self.tick, None, self.viewer.ack);
        builder.section(flags::ENTERS, |out| self.write_enters(out));
    }

    /// All three sections are relative to what the client knew before this frame.
    fn write_delta(&mut self, delta: usize, base: Tick, bytes: &mut Vec<u8>) {
        let mut builder = Builder::begin(bytes, self.viewer.view, self.tick, Some(base), self.viewer.ack);
        builder.section(flags::LEAVES, |out| self.write_leaves(out));
        builder.section(flags::ENTERS, |out| self.write_enters(out));
        builder.section(flags::UPDATES, |out| {
            let (visible, known) = (self.sight.players.as_slice(), self.viewer.players.words());
            let RoomRecords {
                players,
                objects,
                scratch,
            } = &mut self.records;
            players.copy_updates(delta, |word| visible[word] & known[word].known, out)
                + scratch.news.write_updates(objects, self.sight.objects, out)
        });
    }

    #[inline]
    fn write_leaves(&self, out: &mut Vec<u8>) -> u16 {
        let mut count = 0;
        let (visible, known) = self.words();
        for slot in ones(visible.len(), |word| {
            known[word].gone | known[word].known & !visible[word]
        }) {
            out.extend_from_slice(&(slot as u16).to_le_bytes());
            count += 1;
        }
        count + self.records.scratch.news.write_leaves(out)
    }

    fn write_enters(&mut self, out: &mut Vec<u8>) -> u16 {
        let mut count = 0;
        let (visible, known) = (self.sight.players.as_slice(), self.viewer.players.words());
        let RoomRecords {
            players,
            objects,
            scratch,
        } = &mut self.records;
        for slot in ones(visible.len(), |word| visible[word] & !known[word].known) {
            players.copy_enter(slot, out);
            count += 1;
        }
        count + scratch.news.write_enters(objects, out)
    }

    /// Returns the words of the visible and of the known slots of players.
    pub(super) fn words(&self) -> (&[usize], &[KnownWord]) {
        (self.sight.players.as_slice(), self.viewer.players.words())
    }
}
