//! The unit that the recorder sends to its other threads: some ticks, or a whole saved world.

use crate::format::{ChunkKind, SealedChunk};

/// Chunks that are sent together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) chunks: Vec<SealedChunk>,
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
    pub(super) fn new(chunks: Vec<SealedChunk>, panicked: bool) -> Option<Self> {
        let first = chunks.first()?;
        let (first_tick, ticks, wall_ms) = (first.first_tick(), first.ticks(), first.wall_ms());
        Some(Self {
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
    use crate::format::{TicksBuilder, seal_keyframe};

    /// Returns a second of ticks without input, starting at `first`.
    pub(in super::super) fn second(first: u32) -> Arc<Batch> {
        let mut builder = TicksBuilder::new(0);
        for tick in first..first + 60 {
            builder
                .push(Tick(tick), 0, Some((7, &[])), &TickInput::default())
                .unwrap();
        }
        Arc::new(Batch::new(builder.seal().into_iter().collect(), false).unwrap())
    }

    /// Returns a saved world after `tick`.
    pub(in super::super) fn saved(tick: u32) -> Arc<Batch> {
        let sealed = seal_keyframe(Tick(tick), 0, b"a world").unwrap();
        Arc::new(Batch::new(sealed, false).unwrap())
    }
}
