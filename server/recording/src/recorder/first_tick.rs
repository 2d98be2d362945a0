//! A tick that ran before the recording of its world was opened.

use std::time::Duration;

use parlour_shared::ids::Tick;
use parlour_tick::{TickInput, TickOutput, WorldId};

use super::{
    live_batch::{LiveBatch, LiveTick},
    recovery::SavedWorld,
    tick_sender::now_ms,
};

/// The first tick of a recording, if it ran before the recording was opened: see
/// [`super::RecorderHandle::open_with`].
#[derive(Clone, Debug)]
pub struct FirstTick {
    /// The world before the tick.
    before: SavedWorld,
    input: TickInput,
    hash: u64,
    parts: Vec<u16>,
}

impl FirstTick {
    /// `state` is the world before the tick: the result of `Simulation::save`. `input` must be the
    /// input as it was before the step.
    #[must_use]
    pub fn new(state: Vec<u8>, input: TickInput, output: &TickOutput) -> Self {
        let tick = Tick(output.tick.0.saturating_sub(1));
        Self {
            before: SavedWorld { tick, state },
            input,
            hash: output.hash,
            parts: output.parts.clone(),
        }
    }

    /// Returns the world before the tick, and the tick as a tick thread would send it.
    pub(super) fn into_batch(self, world: WorldId) -> (SavedWorld, LiveBatch) {
        let tick = LiveTick {
            world,
            tick: self.before.tick.after(1),
            took: Duration::ZERO,
            pace: self.input.pace,
            hash: Some(self.hash),
            // More events or parts than this fit into no memory.
            events: self.input.events.len() as u32,
            parts: self.parts.len() as u32,
            ..LiveTick::default()
        };
        let batch = LiveBatch {
            wall_ms: now_ms(),
            ticks: vec![tick],
            events: self.input.events,
            parts: self.parts,
            ..LiveBatch::default()
        };
        (self.before, batch)
    }
}
