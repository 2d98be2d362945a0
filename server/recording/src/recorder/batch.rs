//! What goes from the recorder to whoever takes it in: some ticks, or a saved world as a whole.

use crate::format::{Kind, Sealed};

/// Chunks that belong together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) chunks: Vec<Sealed>,
    /// Whether its last tick panicked.
    pub(super) panicked: bool,
    first_tick: u32,
    last_tick: u32,
    wall_ms: u64,
    bytes: usize,
}

impl Batch {
    /// `chunks` are one chunk of ticks, or all pieces of one saved world. None: nothing.
    pub(super) fn new(chunks: Vec<Sealed>, panicked: bool) -> Option<Self> {
        let first = chunks.first()?;
        let (first_tick, ticks, wall_ms) = (first.first_tick(), first.ticks(), first.wall_ms());
        Some(Self {
            panicked,
            first_tick,
            last_tick: first_tick + ticks.saturating_sub(1),
            wall_ms,
            bytes: chunks.iter().map(Sealed::bytes).sum(),
            chunks,
        })
    }

    pub(super) fn is_keyframe(&self) -> bool {
        self.chunks[0].kind() == Kind::Keyframe
    }

    /// Whether a recording can begin with it: a saved world, or the first tick of all.
    pub(super) fn is_beginning(&self) -> bool {
        self.is_keyframe() || self.first_tick == 1
    }

    /// Its first tick, or the tick after which the world was saved.
    pub(super) fn first_tick(&self) -> u32 {
        self.first_tick
    }

    /// The tick that it goes on from.
    pub(super) fn since(&self) -> u32 {
        if self.is_keyframe() {
            self.first_tick
        } else {
            self.first_tick.saturating_sub(1)
        }
    }

    /// Its last tick, or the tick after which the world was saved.
    pub(super) fn last_tick(&self) -> u32 {
        self.last_tick
    }

    /// Ticks in it; none in a saved world.
    pub(super) fn ticks(&self) -> u32 {
        self.chunks[0].ticks()
    }

    /// When its first tick was, in milliseconds since 1970.
    pub(super) fn wall_ms(&self) -> u64 {
        self.wall_ms
    }

    /// Bytes that it takes in a file and in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Batches for tests of the threads that take them in.
#[cfg(test)]
pub(super) mod samples {
    use std::sync::Arc;

    use parlour_shared::ids::Tick;
    use parlour_tick::TickInput;

    use super::Batch;
    use crate::format::{TicksBuilder, seal_keyframe};

    /// A second of ticks without input, from this tick on.
    pub(in super::super) fn second(first: u32) -> Arc<Batch> {
        let mut builder = TicksBuilder::new(0);
        for tick in first..first + 60 {
            builder
                .push(Tick(tick), 0, Some((7, &[])), &TickInput::default())
                .unwrap();
        }
        Arc::new(Batch::new(builder.seal().into_iter().collect(), false).unwrap())
    }

    /// A saved world, as it is after this tick.
    pub(in super::super) fn saved(tick: u32) -> Arc<Batch> {
        let sealed = seal_keyframe(Tick(tick), 0, b"a world").unwrap();
        Arc::new(Batch::new(sealed, false).unwrap())
    }
}
