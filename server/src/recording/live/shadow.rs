//! The shadow thread: a second world is given what the first one was given, and must come to the same, tick by tick.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use parlour_shared::ids::Tick;
use parlour_sim::Simulation;
use parlour_tick::TickOutput;

use super::{Reason, batch::Batch, door::Door, outlet::Inlet, source::Source};
use crate::{
    metrics::Metrics,
    recording::format::{EndReason, FileWriter, Item, Outcome, Recording, TickRecord},
    replay::begin,
};

/// What the thread is made with.
pub(super) struct Shadow {
    pub(super) inlet: Inlet,
    pub(super) source: Arc<Source>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) door: Door,
    /// The last tick that was recorded.
    pub(super) recorded: Arc<AtomicU32>,
}

/// The second world, if it could follow so far.
#[derive(Default)]
struct Following {
    world: Option<Simulation>,
    output: TickOutput,
    saved: Vec<u8>,
}

/// What is not the same.
struct Divergence {
    tick: u32,
    parts: String,
}

impl Shadow {
    /// Follows until nothing comes any more.
    pub(super) fn run(self) {
        let mut following = Following::default();
        while let Some(batch) = self.inlet.next() {
            // A server that stops does not wait until all was compared.
            if self.inlet.is_ended() {
                return;
            }
            // Game logic that panics here, and only here, is a difference, too.
            let followed = catch_unwind(AssertUnwindSafe(|| self.follow(&batch, &mut following)));
            match followed {
                Ok(Ok(())) => {}
                Ok(Err(divergence)) => self.report(&divergence, &mut following),
                Err(_) => {
                    let tick = following.output.tick.0;
                    let parts = "the second world panicked".to_owned();
                    self.report(&Divergence { tick, parts }, &mut following);
                }
            }
            let behind = self
                .recorded
                .load(Ordering::Relaxed)
                .saturating_sub(batch.last_tick());
            self.metrics.recording.shadow_lag.set(behind.into());
        }
    }

    fn follow(&self, batch: &Batch, following: &mut Following) -> Result<(), Divergence> {
        let at = following.world.as_ref().map(|world| world.tick().0);
        let next = if batch.is_keyframe() {
            batch.first_tick()
        } else {
            batch.first_tick() - 1
        };
        if at.is_some_and(|at| at != next) {
            // Something was left out, for it did not keep up.
            following.world = None;
        }
        if following.world.is_none() && batch.first_tick() == 1 && !batch.is_keyframe() {
            let (config, logic) = (self.source.config.clone(), self.source.logic.clone());
            let mut world = Simulation::with_plugins(config, logic);
            world.mute();
            following.world = Some(world);
        }
        if following.world.is_none() && !batch.is_keyframe() {
            self.metrics.recording.shadow_skipped.inc_by(batch.ticks().into());
            return Ok(());
        }
        for item in self.items(batch)? {
            match item {
                Item::Keyframe { tick, state } => self.keyframe(tick.0, &state, following)?,
                Item::Tick(record) => self.tick(record, following)?,
            }
        }
        Ok(())
    }

    fn keyframe(&self, tick: u32, state: &[u8], following: &mut Following) -> Result<(), Divergence> {
        if let Some(world) = &mut following.world {
            following.saved.clear();
            world.save(&mut following.saved);
            if following.saved == state {
                return Ok(());
            }
            let parts = "the saved world".to_owned();
            return Err(Divergence { tick, parts });
        }
        let world = begin::load(&self.source.config, &self.source.logic, Tick(tick), state);
        let world = world.map_err(|error| Divergence {
            tick,
            parts: format!("the saved world: {error}"),
        })?;
        let world = following.world.insert(world);
        world.mute();
        Ok(())
    }

    fn tick(&self, mut record: TickRecord, following: &mut Following) -> Result<(), Divergence> {
        let Outcome::Finished { hash, parts } = &record.outcome else {
            // It would panic here, too.
            following.world = None;
            return Ok(());
        };
        let Some(world) = &mut following.world else {
            return Ok(());
        };
        let output = &mut following.output;
        output.tick = record.tick;
        world.step(&mut record.input, output);
        self.metrics.recording.shadow_ticks.inc();
        if (output.hash, &output.parts) == (*hash, parts) {
            return Ok(());
        }
        let differ = begin::parts_that_differ(world, parts, &output.parts);
        Err(Divergence {
            tick: record.tick.0,
            parts: differ.join(", "),
        })
    }

    /// What is in the chunks, read as from a file: so the bytes that are written are what is proved.
    fn items(&self, batch: &Batch) -> Result<Vec<Item>, Divergence> {
        let unreadable = |error: String| Divergence {
            tick: batch.first_tick(),
            parts: format!("the recording, which cannot be read back: {error}"),
        };
        let header = self.source.header(batch.wall_ms());
        let read = || -> Result<Vec<Item>, Box<dyn std::error::Error>> {
            let mut writer = FileWriter::new(Cursor::new(Vec::new()), &header)?;
            for sealed in &batch.chunks {
                writer.chunk(sealed)?;
            }
            writer.end(EndReason::Stopped, "")?;
            let mut recording = Recording::new(writer.into_inner())?;
            let beginning = recording.beginning();
            Ok(recording.read_from(beginning).collect::<Result<_, _>>()?)
        };
        read().map_err(|error| unreadable(error.to_string()))
    }

    /// Says so, has the history written out, and waits for the next saved world.
    fn report(&self, divergence: &Divergence, following: &mut Following) {
        *following = Following::default();
        self.metrics.recording.shadow_divergences.inc();
        let Divergence { tick, parts } = divergence;
        tracing::error!(
            tick,
            parts,
            "the shadow came to another world than the server: game logic is not deterministic, or memory is broken; \
             the history is written out, and parlour replay tells more"
        );
        // None is kept, perhaps; then the log line is all there is.
        let _ = self.door.write_soon(Reason::Diverged);
    }
}
