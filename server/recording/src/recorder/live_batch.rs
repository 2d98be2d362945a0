//! Ticks on their way to the recorder thread.

use std::time::Duration;

use parlour_shared::ids::Tick;
use parlour_tick::{Event, Pace, WorldId};

/// The capacity for events that every empty batch has.
const EVENTS: usize = 64;
/// The largest buffer of a saved world that is kept for the next one.
const KEPT_KEYFRAME: usize = 256 << 20;
/// The maximum number of buffers of saved worlds that a batch takes back to the tick thread.
const KEPT_KEYFRAMES: usize = 16;

/// What a tick thread records at once: usually one tick of each of its worlds.
///
/// All worlds share the buffers, so a quiet world needs no memory of its own.
#[derive(Debug, Default)]
pub(super) struct LiveBatch {
    /// Batches that are sent later have higher numbers, also those of other tick threads.
    pub(super) number: u64,
    /// The time at which it was sent, in milliseconds since 1970.
    pub(super) wall_ms: u64,
    /// The ticks.
    pub(super) ticks: Vec<LiveTick>,
    /// The events of all ticks, in the order of the ticks.
    pub(super) events: Vec<Event>,
    /// The fingerprints of all ticks, in the order of the ticks.
    pub(super) parts: Vec<u16>,
    /// The saved worlds, in the order of the ticks with one. In an empty batch: empty buffers.
    pub(super) keyframes: Vec<Vec<u8>>,
}

/// A tick of a world, or several that were skipped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LiveTick {
    pub(super) world: WorldId,
    /// The tick, or the first of those that were skipped.
    pub(super) tick: Tick,
    /// The number of ticks that were skipped. 0: the tick ran.
    pub(super) skipped: u32,
    /// The duration of the tick.
    pub(super) took: Duration,
    pub(super) pace: Pace,
    /// The state hash after the last of them, or `None` if the tick panicked.
    pub(super) hash: Option<u64>,
    /// The number of its events in the batch.
    pub(super) events: u32,
    /// The number of its fingerprints in the batch.
    pub(super) parts: u32,
    /// Whether the world was saved after the last of them.
    pub(super) saved: bool,
}

impl LiveTick {
    /// Returns the last of the ticks.
    pub(super) fn last(&self) -> Tick {
        self.tick.after(self.skipped.saturating_sub(1))
    }
}

impl LiveBatch {
    /// Drops the content, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.ticks.clear();
        self.events.clear();
        self.parts.clear();
        self.keyframes.iter_mut().for_each(Vec::clear);
    }
}

/// How much the recent batches of a tick thread needed. Batches that return to it have room for as
/// much, so that the tick thread does not allocate.
#[derive(Debug, Default)]
pub(super) struct BatchSize {
    ticks: usize,
    events: usize,
    parts: usize,
}

impl BatchSize {
    /// Takes a full batch into account.
    pub(super) fn observe(&mut self, batch: &LiveBatch) {
        let larger = |most: &mut usize, now: usize| *most = now.max(*most - *most / 4096);
        larger(&mut self.ticks, batch.ticks.len());
        larger(&mut self.events, batch.events.len());
        larger(&mut self.parts, batch.parts.len());
    }

    /// Empties a batch, and reserves what recent batches needed. Strings are freed and memory is
    /// allocated here, so that the tick thread does neither.
    pub(super) fn prepare(&self, batch: &mut LiveBatch) {
        fit(&mut batch.ticks, self.ticks.max(1));
        fit(&mut batch.events, self.events.max(EVENTS));
        fit(&mut batch.parts, self.parts.max(EVENTS));
        let keyframes = &mut batch.keyframes;
        keyframes.retain(|saved| saved.capacity() <= KEPT_KEYFRAME);
        keyframes.truncate(KEPT_KEYFRAMES);
        for saved in keyframes {
            // The world may have grown by the next save.
            let room = saved.len() / 4;
            saved.reserve(room);
            saved.clear();
        }
    }
}

/// Empties a buffer, and gives it room for `most`, but not for a multiple of it.
fn fit<T>(buffer: &mut Vec<T>, most: usize) {
    buffer.clear();
    buffer.shrink_to(4 * most);
    buffer.reserve(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_batch_is_empty_and_has_room_for_the_next_ticks() {
        let mut size = BatchSize::default();
        let mut busy = LiveBatch {
            ticks: vec![LiveTick::default(); 100],
            parts: vec![1; 2_000],
            keyframes: vec![vec![1; 4_000]; KEPT_KEYFRAMES + 9],
            ..LiveBatch::default()
        };
        size.observe(&busy);
        size.prepare(&mut busy);
        assert!(busy.ticks.is_empty() && busy.parts.is_empty() && busy.events.is_empty());
        assert_eq!(busy.keyframes.len(), KEPT_KEYFRAMES);
        assert!(
            busy.keyframes
                .iter()
                .all(|saved| saved.is_empty() && saved.capacity() >= 5_000)
        );
        let mut other = LiveBatch::default();
        size.prepare(&mut other);
        assert!(other.ticks.capacity() >= 100 && other.parts.capacity() >= 2_000);
        assert!(other.events.capacity() >= EVENTS);
    }

    #[test]
    fn a_single_busy_tick_does_not_keep_its_memory_for_ever() {
        let mut size = BatchSize::default();
        size.observe(&LiveBatch {
            parts: vec![1; 1 << 20],
            ..LiveBatch::default()
        });
        let mut batch = LiveBatch::default();
        size.prepare(&mut batch);
        assert!(batch.parts.capacity() >= 1 << 20);
        for _ in 0..60_000 {
            size.observe(&LiveBatch::default());
        }
        size.prepare(&mut batch);
        assert!(batch.parts.capacity() < 1 << 18, "{}", batch.parts.capacity());
    }
}
