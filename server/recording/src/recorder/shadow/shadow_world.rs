//! The second world of one recorded world.

use std::io::Cursor;

use parlour_shared::ids::Tick;
use parlour_sim::{EntityOrder, Simulation};
use parlour_tick::TickOutput;

use crate::{
    Header,
    format::{EndReason, FileWriter, Item, Outcome, Recording, TickRecord},
    recorder::{batch::Batch, context::WorldContext, metrics::RecorderMetrics},
    replay::world,
};

/// The number of ticks after which a second world starts again from its own state, if no saved
/// world is recorded before.
///
/// It is a prime. Worlds are saved at a regular interval, so a counter that is not part of the
/// state may have the same remainder at each saved world, such as 0 of 60. The remainders at two
/// starts with this distance differ, whatever the divisor.
const RESTART: u32 = 211;

/// A second world, if it has kept up.
///
/// It starts again from each saved world, and from its own state in between: a new world is built,
/// game logic is added to it, and the saved state is loaded. So it has nothing but that state.
/// Everything else differs from the first world: a `Local` is at its default, everything was just
/// added, entities have other ids, and every other time queries find them in the opposite order.
/// Game logic that depends on any of this reaches a different state.
#[derive(Default)]
pub(super) struct ShadowWorld {
    world: Option<Simulation>,
    start: Start,
    /// Counts the starts from a saved state.
    starts: u32,
    /// The tick that is being run or compared.
    tick: u32,
    output: TickOutput,
    saved: Vec<u8>,
    /// The header for [`items`].
    header: Option<Header>,
}

/// What a second world started from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Start {
    /// The first tick.
    #[default]
    First,
    /// The world that was saved after this tick.
    Saved(u32),
    /// Its own state after this tick.
    Own(u32),
}

impl Start {
    /// Returns the tick after which the world started.
    fn tick(self) -> u32 {
        match self {
            Self::First => 0,
            Self::Saved(tick) | Self::Own(tick) => tick,
        }
    }
}

/// A difference of the second world.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Divergence {
    pub(super) tick: u32,
    /// The parts of the state that differ, or what else does.
    pub(super) parts: String,
    pub(super) start: Start,
}

impl ShadowWorld {
    /// Runs and compares a batch. After an error, the world waits for the next saved world.
    ///
    /// # Errors
    /// The first difference.
    pub(super) fn follow(&mut self, batch: &Batch, metrics: &RecorderMetrics) -> Result<(), Divergence> {
        let followed = self.run(batch, metrics);
        followed.map_err(|parts| self.diverged(parts))
    }

    /// Returns the difference for a panic of [`Self::follow`].
    pub(super) fn panicked(&mut self) -> Divergence {
        self.diverged("the second world panicked".to_owned())
    }

    fn diverged(&mut self, parts: String) -> Divergence {
        self.world = None;
        Divergence {
            tick: self.tick,
            parts,
            start: self.start,
        }
    }

    fn run(&mut self, batch: &Batch, metrics: &RecorderMetrics) -> Result<(), String> {
        self.tick = batch.first_tick();
        let at = self.world.as_ref().map(|world| world.tick().0);
        if at.is_some_and(|at| at != batch.since()) {
            // The shadow fell behind, and batches were skipped.
            self.world = None;
        }
        if self.world.is_none() && batch.first_tick() == 1 && !batch.is_keyframe() {
            self.start = Start::First;
            self.world.insert(batch.world.make_world()).mute();
        }
        if self.world.is_none() && !batch.is_keyframe() {
            metrics.shadow_skipped.increment(batch.ticks().into());
            return Ok(());
        }
        for item in items(batch, &mut self.header)? {
            match item {
                Item::Keyframe { tick, state } => self.keyframe(&batch.world, tick.0, &state)?,
                Item::Tick(record) => {
                    // A quiet world stays as it is: a restart would cost a save and a load.
                    if !matches!(record.outcome, Outcome::Skipped { .. }) {
                        self.restart_if_due(&batch.world)?;
                    }
                    self.tick(record, metrics)?;
                }
            }
        }
        Ok(())
    }

    fn tick(&mut self, mut record: TickRecord, metrics: &RecorderMetrics) -> Result<(), String> {
        if record.outcome == Outcome::Panicked {
            // The tick would panic here as well.
            self.world = None;
        }
        let Some(second) = &mut self.world else {
            return Ok(());
        };
        self.tick = record.tick.0;
        let output = &mut self.output;
        let (hash, parts) = match &record.outcome {
            Outcome::Finished { hash, parts } => (hash, parts),
            Outcome::Skipped { hash } => {
                second.skip(1);
                let differs = hash.is_some_and(|hash| hash != second.hash());
                return match differs {
                    false => Ok(()),
                    true => Err("the hash after skipped ticks".to_owned()),
                };
            }
            Outcome::Panicked => return Ok(()),
        };
        second.step(&mut record.input, output);
        metrics.shadow_ticks.increment(1);
        if (output.hash, &output.parts) == (*hash, parts) {
            return Ok(());
        }
        Err(world::parts_that_differ(second, parts, &output.parts).join(", "))
    }

    /// Compares the saved world, then continues with a world that is loaded from it.
    fn keyframe(&mut self, context: &WorldContext, tick: u32, state: &[u8]) -> Result<(), String> {
        self.tick = tick;
        if let Some(world) = &mut self.world {
            self.saved.clear();
            world.save(&mut self.saved);
            if self.saved != state {
                return Err("the saved world".to_owned());
            }
        }
        self.load(context, Start::Saved(tick), Tick(tick), state)
    }

    /// Continues with a world that is loaded from the state of this one, if it has run for long.
    fn restart_if_due(&mut self, context: &WorldContext) -> Result<(), String> {
        let Some(world) = &mut self.world else {
            return Ok(());
        };
        let tick = world.tick();
        if tick.0.saturating_sub(self.start.tick()) < RESTART {
            return Ok(());
        }
        let mut state = std::mem::take(&mut self.saved);
        state.clear();
        world.save(&mut state);
        let loaded = self.load(context, Start::Own(tick.0), tick, &state);
        self.saved = state;
        loaded
    }

    fn load(&mut self, context: &WorldContext, start: Start, tick: Tick, state: &[u8]) -> Result<(), String> {
        // Drop the old world first, so that there are never three in memory.
        (self.world, self.start) = (None, start);
        self.starts = self.starts.wrapping_add(1);
        let order = match self.starts % 2 {
            0 => EntityOrder::Sorted,
            _ => EntityOrder::Reversed,
        };
        let loaded = world::load_rearranged(&context.config, &context.logic, tick, state, order);
        let loaded = loaded.map_err(|error| format!("the saved world: {error}"))?;
        self.world.insert(loaded).mute();
        Ok(())
    }
}

/// Writes the chunks to memory and reads them back, so that the written bytes are verified.
fn items(batch: &Batch, header: &mut Option<Header>) -> Result<Vec<Item>, String> {
    // Made once: it contains digests of all maps.
    let header = header.get_or_insert_with(|| batch.world.header(batch.wall_ms()));
    let read = || -> Result<Vec<Item>, Box<dyn std::error::Error>> {
        let mut writer = FileWriter::new(Cursor::new(Vec::new()), header)?;
        for sealed in &batch.chunks {
            writer.chunk(sealed)?;
        }
        writer.end(EndReason::Stopped, "")?;
        let mut recording = Recording::new(writer.into_inner())?;
        let beginning = recording.beginning();
        Ok(recording.read_from(beginning).collect::<Result<_, _>>()?)
    };
    read().map_err(|error| format!("the recording, which cannot be read back: {error}"))
}

#[cfg(test)]
mod tests;
