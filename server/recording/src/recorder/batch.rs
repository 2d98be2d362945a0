//! The unit that the recorder sends to its other threads: some ticks, or a whole saved world.

use std::{sync::Arc, time::Instant};

use super::context::WorldContext;
use crate::format::{ChunkKind, SealedChunk};

/// Chunks of one world that are sent together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) world: Arc<WorldContext>,
    pub(super) chunks: Vec<SealedChunk>,
    /// When the recorder thread made it.
    pub(super) sealed_at: Instant,
    /// Whether the last tick panicked.
    pub(super) panicked: bool,
    first_tick: u32,
    last_tick: u32,
    wall_ms: u64,
    bytes: usize,
}

impl Batch {
    /// `chunks` are one chunk of ticks, or all pieces of one saved world. Returns `None` if there
    /// are none.
    pub(super) fn new(world: &Arc<WorldContext>, chunks: Vec<SealedChunk>, panicked: bool) -> Option<Self> {
        let first = chunks.first()?;
        let (first_tick, ticks, wall_ms) = (first.first_tick(), first.ticks(), first.wall_ms());
        Some(Self {
            world: Arc::clone(world),
            sealed_at: Instant::now(),
            panicked,
            first_tick,
            last_tick: first_tick + ticks.saturating_sub(1),
            wall_ms,
            bytes: chunks.iter().map(SealedChunk::bytes).sum(),
            chunks,
        })
    }

    pub(super) fn is_keyframe(&self) -> bool {
        self.chunks[0].kind() == ChunkKind::Keyframe
    }

    /// Returns whether a recording can start with this batch: it is a saved world, or contains the
    /// world's first tick.
    pub(super) fn is_beginning(&self) -> bool {
        self.is_keyframe() || self.first_tick == 1
    }

    /// Returns the first tick, or the tick after which the world was saved.
    pub(super) fn first_tick(&self) -> u32 {
        self.first_tick
    }

    /// Returns the tick before the first one, or the tick after which the world was saved.
    pub(super) fn since(&self) -> u32 {
        if self.is_keyframe() {
            self.first_tick
        } else {
            self.first_tick.saturating_sub(1)
        }
    }

    /// Returns the last tick, or the tick after which the world was saved.
    pub(super) fn last_tick(&self) -> u32 {
        self.last_tick
    }

    /// Returns the number of ticks: 0 for a saved world.
    pub(super) fn ticks(&self) -> u32 {
        self.chunks[0].ticks()
    }

    /// Returns the time of the first tick, in milliseconds since 1970.
    pub(super) fn wall_ms(&self) -> u64 {
        self.wall_ms
    }

    /// Returns the size in bytes, which is the same in a file and in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Batches for tests of the receiving threads.
#[cfg(test)]
pub(super) mod samples {
    use std::sync::Arc;

    use parlour_shared::ids::Tick;
    use parlour_tick::TickInput;

    use super::Batch;
    use crate::{
        format::{TicksBuilder, seal_keyframe},
        recorder::context::{WorldContext, samples::world},
    };

    /// Returns a second of ticks of world 0 without input, starting at `first`.
    pub(in super::super) fn second(first: u32) -> Arc<Batch> {
        second_of(&world(0, "main"), first)
    }

    /// Returns world 0 as saved after `tick`.
    pub(in super::super) fn saved(tick: u32) -> Arc<Batch> {
        saved_of(&world(0, "main"), tick)
    }

    /// Like [`second`], of a different world.
    pub(in super::super) fn second_of(world: &Arc<WorldContext>, first: u32) -> Arc<Batch> {
        ticks_of(world, first, first + 59, false)
    }

    /// Returns ticks of a world without input, the last of which may have panicked.
    pub(in super::super) fn ticks_of(
        world: &Arc<WorldContext>,
        first: u32,
        last: u32,
        panicked: bool,
    ) -> Arc<Batch> {
        let mut builder = TicksBuilder::new(0);
        for tick in first..=last {
            let result = (!panicked || tick < last).then_some((7, &[][..]));
            builder
                .push(Tick(tick), 0, result, &TickInput::default())
                .unwrap();
        }
        Arc::new(Batch::new(world, builder.seal().into_iter().collect(), panicked).unwrap())
    }

    /// Like [`saved`], of a different world.
    pub(in super::super) fn saved_of(world: &Arc<WorldContext>, tick: u32) -> Arc<Batch> {
        saved_with(world, tick, b"a world")
    }

    /// Like [`saved_of`], with this state.
    pub(in super::super) fn saved_with(world: &Arc<WorldContext>, tick: u32, state: &[u8]) -> Arc<Batch> {
        let sealed = seal_keyframe(Tick(tick), 0, state).unwrap();
        Arc::new(Batch::new(world, sealed, false).unwrap())
    }
}
