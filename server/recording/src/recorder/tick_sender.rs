//! The tick thread's end of the recorder. It never waits, locks or logs. In steady state it
//! allocates nothing, because empty batches are returned to it.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use metrics::Counter;
use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::{TickInput, TickOutput, WorldId};
use rtrb::{Consumer, Producer};

use super::{
    context::WorldContext,
    live_batch::{LiveBatch, LiveTick},
};
use crate::format::{FrozenWorld, MAX_CHUNK_TICKS};

/// The maximum number of empty buffers for saved worlds that a tick thread keeps.
const SPARES: usize = 32;

/// Sends the ticks of the worlds of one tick thread to the recorder.
///
/// Call [`Self::send`] after each tick of a world, and [`Self::flush`] once after the worlds of the
/// thread were stepped. Dropping the sender sends what waits. When all senders are dropped, the
/// recorder writes what it has, and ends.
pub struct TickSender {
    pub(super) full: Producer<LiveBatch>,
    pub(super) empty: Consumer<LiveBatch>,
    /// The number of the next batch of any tick thread.
    pub(super) order: Arc<AtomicU64>,
    /// Counts the ticks that found the ring full.
    pub(super) dropped: Counter,
    /// What waits for [`Self::flush`].
    batch: LiveBatch,
    /// Empty buffers for saved worlds.
    spares: Vec<Vec<u8>>,
}

/// The value that a recorded world carries, whatever thread it runs on.
#[derive(Debug)]
pub struct WorldTicks {
    context: Arc<WorldContext>,
    keyframe_ticks: u32,
    /// Distributes the ticks in which worlds are saved.
    phase: u32,
    /// The size of the last saved world, in bytes.
    saved_bytes: usize,
}

impl WorldTicks {
    /// The world is saved every `keyframe_ticks` ticks (at least every tick).
    pub(super) fn new(context: Arc<WorldContext>, keyframe_ticks: u32) -> Self {
        let keyframe_ticks = keyframe_ticks.max(1);
        Self {
            phase: phase(context.id, keyframe_ticks),
            context,
            keyframe_ticks,
            saved_bytes: 0,
        }
    }

    /// Returns the id of the world.
    #[must_use]
    pub fn world(&self) -> WorldId {
        self.context.id
    }

    /// Returns the world after its last tick, with the header that its recording would have if it
    /// started now.
    #[must_use]
    pub fn freeze(&self, world: &mut Simulation) -> FrozenWorld {
        let mut state = Vec::with_capacity(self.saved_bytes);
        world.save(&mut state);
        FrozenWorld {
            header: self.context.header(now_ms()),
            tick: world.tick(),
            state,
        }
    }

    /// Returns the number of ticks after this one until the world is saved again: at least 1.
    #[must_use]
    pub fn until_saved(&self, tick: Tick) -> u32 {
        let since = (u64::from(tick.0) + u64::from(self.phase)) % u64::from(self.keyframe_ticks);
        // Less than `keyframe_ticks`.
        self.keyframe_ticks - since as u32
    }

    /// Returns whether the world is saved after this tick.
    fn is_keyframe(&self, tick: Tick) -> bool {
        (u64::from(tick.0) + u64::from(self.phase)).is_multiple_of(self.keyframe_ticks.into())
    }
}

/// Returns by how many ticks before each multiple of `keyframe_ticks` a world is saved: 0 for world
/// 0. Any successive ids are far from each other, so that worlds that started together are not all
/// saved in the same tick.
fn phase(world: WorldId, keyframe_ticks: u32) -> u32 {
    // Multiples of the golden ratio, modulo 1, are evenly distributed.
    let fraction = world.0.wrapping_mul(0x9E37_79B9);
    ((u64::from(fraction) * u64::from(keyframe_ticks)) >> 32) as u32
}

impl TickSender {
    pub(super) fn new(
        (full, empty): (Producer<LiveBatch>, Consumer<LiveBatch>),
        order: Arc<AtomicU64>,
        dropped: Counter,
    ) -> Self {
        Self {
            full,
            empty,
            order,
            dropped,
            batch: LiveBatch::default(),
            spares: Vec::with_capacity(SPARES),
        }
    }

    /// Adds a finished tick to what the next [`Self::flush`] sends. Its events are moved, not
    /// copied: `input` has none afterwards. `output` is `None` if the tick panicked; the world is
    /// not read then.
    pub fn send(
        &mut self,
        ticks: &mut WorldTicks,
        world: &mut Simulation,
        tick: Tick,
        took: Duration,
        input: &mut TickInput,
        output: Option<&TickOutput>,
    ) {
        let saved = output.is_some() && ticks.is_keyframe(tick);
        if saved {
            self.save(ticks, world);
        }
        let parts = output.map_or(&[][..], |output| &output.parts);
        let batch = &mut self.batch;
        batch.ticks.push(LiveTick {
            world: ticks.world(),
            tick,
            skipped: 0,
            took,
            pace: input.pace,
            hash: output.map(|output| output.hash),
            // More events or parts than this fit into no memory.
            events: input.events.len() as u32,
            parts: parts.len() as u32,
            saved,
        });
        batch.events.append(&mut input.events);
        batch.parts.extend_from_slice(parts);
    }

    /// Like [`Self::send`], for the last `skipped` ticks of a world, which were skipped
    /// ([`Simulation::skip`]): one record for all of them, so a world that is skipped for long
    /// costs little. Only after the last of them, the world may have to be saved
    /// ([`WorldTicks::until_saved`]). At most [`MAX_CHUNK_TICKS`] at once.
    pub fn send_skipped(&mut self, ticks: &mut WorldTicks, world: &mut Simulation, skipped: u32) {
        debug_assert!(skipped <= MAX_CHUNK_TICKS, "{skipped} skipped ticks at once");
        let last = world.tick();
        let Some(before) = last.0.checked_sub(skipped).filter(|_| skipped > 0) else {
            return;
        };
        let saved = ticks.is_keyframe(last);
        if saved {
            self.save(ticks, world);
        }
        self.batch.ticks.push(LiveTick {
            world: ticks.world(),
            tick: Tick(before + 1),
            skipped,
            hash: Some(world.hash()),
            saved,
            ..LiveTick::default()
        });
    }

    fn save(&mut self, ticks: &mut WorldTicks, world: &mut Simulation) {
        let mut state = self.spare(ticks.saved_bytes);
        world.save(&mut state);
        ticks.saved_bytes = state.len();
        self.batch.keyframes.push(state);
    }

    /// Sends the ticks since the last call. Call it before anything else hears of these ticks: only
    /// after that, a world may move to a different tick thread, and a panic may be reported.
    ///
    /// If the ring is full, the ticks are counted and dropped: the recordings of their worlds end
    /// there, and start again in new files.
    pub fn flush(&mut self) {
        if self.batch.ticks.is_empty() {
            return;
        }
        if self.full.is_full() {
            let ticks = self.batch.ticks.iter().map(|tick| u64::from(tick.skipped.max(1)));
            self.dropped.increment(ticks.sum());
            self.batch.clear();
            self.keep_spares();
            return;
        }
        // Taken before the push: a batch that can only be sent after this one has a higher number.
        self.batch.number = self.order.fetch_add(1, Ordering::Relaxed);
        self.batch.wall_ms = now_ms();
        // A new batch costs a few allocations. The two rings bound the number of batches.
        let next = self.empty.pop().unwrap_or_default();
        let full = mem::replace(&mut self.batch, next);
        self.keep_spares();
        // The ring was not full, and only this thread fills it.
        let _ = self.full.push(full);
    }

    /// Takes the empty buffers from the empty batch.
    fn keep_spares(&mut self) {
        let keyframes = &mut self.batch.keyframes;
        while self.spares.len() < SPARES
            && let Some(spare) = keyframes.pop()
        {
            self.spares.push(spare);
        }
        keyframes.clear();
    }

    /// Returns an empty buffer: the smallest with this capacity, or else the largest.
    fn spare(&mut self, bytes: usize) -> Vec<u8> {
        let spares = || self.spares.iter().map(Vec::capacity).enumerate();
        let fitting = spares().filter(|(_, capacity)| *capacity >= bytes);
        let chosen = fitting
            .min_by_key(|(_, capacity)| *capacity)
            .or_else(|| spares().max_by_key(|(_, capacity)| *capacity));
        chosen.map_or_else(Vec::new, |(nth, _)| self.spares.swap_remove(nth))
    }
}

/// A tick thread that ends, or panics outside a world, still sends its last ticks.
impl Drop for TickSender {
    fn drop(&mut self) {
        self.flush();
    }
}

pub(super) fn now_ms() -> u64 {
    // A clock that shows a time before 1970 is wrong: use 0.
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worlds_that_start_together_are_saved_in_different_ticks() {
        let mut saves = [0; 600];
        for world in 0..1_000 {
            saves[phase(WorldId(world), 600) as usize] += 1;
        }
        assert_eq!(phase(WorldId(0), 600), 0);
        assert!(saves.iter().all(|count| (1..=3).contains(count)), "{saves:?}");
        assert!((0..100).all(|world| phase(WorldId(world), 1) == 0));
    }

    #[test]
    fn each_world_is_saved_at_its_interval() {
        for id in [0, 1, 7, 4_000_000_000] {
            let ticks = WorldTicks::new(crate::recorder::context::samples::world(id, "main"), 60);
            let saved: Vec<u32> = (1..=600).filter(|tick| ticks.is_keyframe(Tick(*tick))).collect();
            assert_eq!(saved.len(), 10);
            assert!(saved.windows(2).all(|two| two[1] - two[0] == 60));
            let until = |tick: u32| tick + ticks.until_saved(Tick(tick));
            assert!((0..=540).all(|tick| saved.iter().find(|saved| **saved > tick) == Some(&until(tick))));
        }
    }
}
