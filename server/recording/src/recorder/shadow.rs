//! The shadow thread: for each world, a second world runs the recorded input and must reach the
//! same state at every tick.
//!
//! The second world is loaded again from each saved world, so it has only the saved state of the
//! first world. This exposes game logic that depends on anything else. It also runs each tick
//! seconds later than the first world, which exposes game logic that reads a clock.

use std::{
    collections::BTreeMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_shared::{ids::Tick, limits::TICK_RATE};
use parlour_sim::Simulation;
use parlour_tick::{TickOutput, WorldId};

use super::{
    Reason,
    batch::Batch,
    batch_queue::{BatchReceiver, QueueItem, Received},
    context::WorldContext,
    history_handle::HistoryHandle,
    metrics::RecorderMetrics,
};
use crate::{
    Header,
    format::{EndReason, FileWriter, Item, Outcome, Recording, TickRecord},
    replay::world,
};

/// The minimum lag of the second world in ticks, alternating between the two from one saved world
/// to the next.
///
/// Both are prime, so that they match no period of ticks or seconds. They differ by a second, so
/// that seconds modulo any number differ for at least one of them. The queue has capacity for the
/// longer lag, the ticks of one second in a batch, and a saved world: about five of its 128
/// batches.
const LAGS: [u32; 2] = [137, 197];
/// The minimum length of the history, so that it still contains a divergence when the shadow finds
/// it: the longer lag, the ticks of five quiet seconds in a batch, and some time to run them.
pub(super) const REACH: Duration = Duration::from_secs(10);
/// The interval at which the thread checks whether a batch is due, or the server stops.
const LOOK: Duration = Duration::from_millis(50);

/// The shadow thread.
pub(super) struct Shadow {
    batches: BatchReceiver,
    metrics: Arc<RecorderMetrics>,
    history: HistoryHandle,
    worlds: BTreeMap<WorldId, ShadowWorld>,
    /// The items that wait, by the time at which they are due and the order of their arrival.
    waiting: BTreeMap<(Instant, u64), QueueItem>,
    arrived: u64,
}

/// A second world, if it has kept up.
#[derive(Default)]
struct ShadowWorld {
    world: Option<Simulation>,
    /// The tick of the saved world that it was loaded from; 0 if it has run since the first tick.
    since: u32,
    /// The tick that is being run or compared.
    tick: u32,
    output: TickOutput,
    saved: Vec<u8>,
    /// The header for [`Shadow::items`].
    header: Option<Header>,
    /// Which of [`LAGS`] the next batches have.
    lag: usize,
    /// When the last batch of the world is due. None is due before an earlier one.
    due: Option<Instant>,
}

/// A difference of the second world.
struct Divergence {
    tick: u32,
    parts: String,
}

impl Shadow {
    /// Divergences are reported to `history`.
    pub(super) fn new(batches: BatchReceiver, metrics: Arc<RecorderMetrics>, history: HistoryHandle) -> Self {
        Self {
            batches,
            metrics,
            history,
            worlds: BTreeMap::new(),
            waiting: BTreeMap::new(),
            arrived: 0,
        }
    }

    /// Follows the recordings until the queue ends. A stopping server does not wait until all ticks
    /// are compared.
    pub(super) fn run(mut self) {
        while !self.batches.is_ended() {
            let now = Instant::now();
            let wait = match self.waiting.first_key_value() {
                Some(((due, _), _)) => due.saturating_duration_since(now).min(LOOK),
                None => LOOK,
            };
            match self.batches.wait(wait) {
                Received::Item(item) => self.arrive(item),
                Received::Nothing => {}
                Received::Ended => return,
            }
            while let Some(first) = self.waiting.first_entry()
                && first.key().0 <= Instant::now()
                && !self.batches.is_ended()
            {
                match first.remove() {
                    QueueItem::Batch(batch) => self.batch(&batch),
                    QueueItem::WorldEnded(world) => drop(self.worlds.remove(&world)),
                }
            }
        }
    }

    /// Lets an item wait until it is due.
    fn arrive(&mut self, item: QueueItem) {
        let (id, earliest) = match &item {
            QueueItem::Batch(batch) => (batch.world.id, Some(batch)),
            QueueItem::WorldEnded(world) => (*world, None),
        };
        let world = self.worlds.entry(id).or_default();
        let mut due = world.due.unwrap_or_else(Instant::now);
        if let Some(batch) = earliest {
            world.lag += usize::from(batch.is_keyframe());
            let lag = LAGS[world.lag % LAGS.len()];
            due = due.max(batch.sealed_at + Duration::from_secs(1) * lag / TICK_RATE);
        }
        world.due = Some(due);
        self.arrived += 1;
        self.waiting.insert((due, self.arrived), item);
    }

    fn batch(&mut self, batch: &Batch) {
        // Taken out, and put back below, so that the methods can use both it and the thread.
        let mut following = self.worlds.remove(&batch.world.id).unwrap_or_default();
        // A panic of game logic that happens only here is also a divergence.
        let followed = catch_unwind(AssertUnwindSafe(|| self.follow(batch, &mut following)));
        match followed {
            Ok(Ok(())) => {}
            Ok(Err(divergence)) => self.report(batch, &divergence, &mut following),
            Err(_) => {
                let tick = following.tick;
                let parts = "the second world panicked".to_owned();
                self.report(batch, &Divergence { tick, parts }, &mut following);
            }
        }
        self.worlds.insert(batch.world.id, following);
        self.batches.release(batch);
        let behind = batch.world.recorded().saturating_sub(batch.last_tick());
        self.metrics.shadow_lag.set(behind);
    }

    fn follow(&self, batch: &Batch, following: &mut ShadowWorld) -> Result<(), Divergence> {
        following.tick = batch.first_tick();
        let at = following.world.as_ref().map(|world| world.tick().0);
        let next = if batch.is_keyframe() {
            batch.first_tick()
        } else {
            batch.first_tick() - 1
        };
        if at.is_some_and(|at| at != next) {
            // The shadow fell behind, and batches were skipped.
            following.world = None;
        }
        if following.world.is_none() && batch.first_tick() == 1 && !batch.is_keyframe() {
            let mut world = batch.world.make_world();
            world.mute();
            (following.world, following.since) = (Some(world), 0);
        }
        if following.world.is_none() && !batch.is_keyframe() {
            self.metrics.shadow_skipped.increment(batch.ticks().into());
            return Ok(());
        }
        for item in items(batch, &mut following.header)? {
            match item {
                Item::Keyframe { tick, state } => keyframe(&batch.world, tick.0, &state, following)?,
                Item::Tick(record) => self.tick(record, following)?,
            }
        }
        Ok(())
    }

    fn tick(&self, mut record: TickRecord, following: &mut ShadowWorld) -> Result<(), Divergence> {
        if record.outcome == Outcome::Panicked {
            // The tick would panic here as well.
            following.world = None;
        }
        let Some(second) = &mut following.world else {
            return Ok(());
        };
        following.tick = record.tick.0;
        let output = &mut following.output;
        let (hash, parts) = match &record.outcome {
            Outcome::Finished { hash, parts } => (hash, parts),
            Outcome::Skipped { hash } => {
                second.skip(1);
                let differs = hash.is_some_and(|hash| hash != second.hash());
                return match differs {
                    false => Ok(()),
                    true => Err(Divergence {
                        tick: record.tick.0,
                        parts: "the hash after skipped ticks".to_owned(),
                    }),
                };
            }
            Outcome::Panicked => return Ok(()),
        };
        second.step(&mut record.input, output);
        self.metrics.shadow_ticks.increment(1);
        if (output.hash, &output.parts) == (*hash, parts) {
            return Ok(());
        }
        let differ = world::parts_that_differ(second, parts, &output.parts);
        Err(Divergence {
            tick: record.tick.0,
            parts: differ.join(", "),
        })
    }

    /// Logs the divergence, requests a write of the history, and waits for the next saved world.
    fn report(&self, batch: &Batch, divergence: &Divergence, following: &mut ShadowWorld) {
        let since = following.since;
        following.world = None;
        let world = &batch.world.name;
        self.metrics.shadow_divergences.increment(1);
        let Divergence { tick, parts } = divergence;
        if since == 0 {
            tracing::error!(
                world,
                tick,
                parts,
                "the shadow reached a different state than the server. It had run from the first tick: game logic is not \
                 deterministic, or memory is broken. The history is written out: replay it with parlour replay, or with parlour_recording::replay and your game logic"
            );
        } else {
            tracing::error!(
                world,
                tick,
                parts,
                since,
                "the shadow reached a different state than the server. It had run since the world saved after tick {since}: \
                 game logic depends on something that is not saved (a Local, Added or Changed of an earlier tick, \
                 RemovedComponents, a static), reads a clock, or is not deterministic; or memory is broken. A replay that \
                 starts there differs in the same way. The history is written out: replay it with parlour replay, or with parlour_recording::replay and your game logic"
            );
        }
        // If no history is kept, only the log line reports the divergence.
        let _ = self.history.write_for(batch.world.id, Reason::Diverged);
    }
}

/// Compares the saved world, then continues with a world that is loaded from it.
fn keyframe(
    context: &WorldContext,
    tick: u32,
    state: &[u8],
    following: &mut ShadowWorld,
) -> Result<(), Divergence> {
    if let Some(world) = &mut following.world {
        following.saved.clear();
        world.save(&mut following.saved);
        if following.saved != state {
            let parts = "the saved world".to_owned();
            return Err(Divergence { tick, parts });
        }
    }
    // Drop the old world first, so that there are never three in memory.
    (following.world, following.since) = (None, tick);
    let loaded = world::load(&context.config, &context.logic, Tick(tick), state);
    let loaded = loaded.map_err(|error| Divergence {
        tick,
        parts: format!("the saved world: {error}"),
    })?;
    following.world.insert(loaded).mute();
    Ok(())
}

/// Writes the chunks to memory and reads them back, so that the written bytes are verified.
fn items(batch: &Batch, header: &mut Option<Header>) -> Result<Vec<Item>, Divergence> {
    let unreadable = |error: String| Divergence {
        tick: batch.first_tick(),
        parts: format!("the recording, which cannot be read back: {error}"),
    };
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
    read().map_err(|error| unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::world_state::QUIET_TICKS;

    /// This holds for any fraction of a second at which a clock is read, and any modulus.
    #[test]
    fn seconds_modulo_any_number_differ_for_one_of_the_lags() {
        for (part, modulo) in (0..TICK_RATE).flat_map(|part| (2..=60).map(move |modulo| (part, modulo))) {
            let passed = LAGS.map(|lag| (part + lag) / TICK_RATE);
            assert!(passed.iter().all(|seconds| *seconds >= 2), "{passed:?}");
            assert!(
                passed.iter().any(|seconds| seconds % modulo != 0),
                "{part} {modulo}"
            );
        }
    }

    #[test]
    fn the_history_still_contains_a_divergence_when_the_shadow_finds_it() {
        let ticks = LAGS[0].max(LAGS[1]) + QUIET_TICKS;
        assert!(REACH > Duration::from_secs(1) * ticks / TICK_RATE);
    }
}
