//! The shadow thread: for each world, a second world runs the recorded input and must reach the
//! same state at every tick.
//!
//! [`ShadowWorld`] is that second world. It runs each tick seconds later than the first world,
//! which exposes game logic that reads a clock.

mod shadow_world;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_shared::limits::TICK_RATE;
use parlour_tick::WorldId;

use self::shadow_world::{Divergence, ShadowWorld, Start};
use super::{
    Reason,
    batch::Batch,
    batch_queue::{BatchReceiver, QueueItem, Received},
    history_handle::HistoryHandle,
    metrics::RecorderMetrics,
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
    worlds: BTreeMap<WorldId, FollowedWorld>,
    /// The items that wait, by the time at which they are due and the order of their arrival.
    waiting: BTreeMap<(Instant, u64), QueueItem>,
    arrived: u64,
}

/// A world that is followed.
#[derive(Default)]
struct FollowedWorld {
    second: ShadowWorld,
    /// Which of [`LAGS`] the next batches have.
    lag: usize,
    /// When the last batch of the world is due. None is due before an earlier one.
    due: Option<Instant>,
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
        let second = &mut self.worlds.entry(batch.world.id).or_default().second;
        // A panic of game logic that happens only here is also a divergence.
        let followed = catch_unwind(AssertUnwindSafe(|| second.follow(batch, &self.metrics)));
        let divergence = match followed {
            Ok(followed) => followed.err(),
            Err(_) => Some(second.panicked()),
        };
        if let Some(divergence) = divergence {
            self.report(batch, &divergence);
        }
        self.batches.release(batch);
        let behind = batch.world.recorded().saturating_sub(batch.last_tick());
        self.metrics.shadow_lag.set(behind);
    }

    /// Logs the divergence, and requests a write of the history.
    fn report(&self, batch: &Batch, divergence: &Divergence) {
        let world = &batch.world.name;
        self.metrics.shadow_divergences.increment(1);
        let Divergence { tick, parts, start } = divergence;
        match start {
            Start::First => tracing::error!(
                world,
                tick,
                parts,
                "the shadow reached a different state than the server. It had run from the first tick: game logic is not \
                 deterministic, or memory is broken. The history is written out: replay it with the command replay of this program"
            ),
            Start::Saved(since) => tracing::error!(
                world,
                tick,
                parts,
                since,
                "the shadow reached a different state than the server. It had run since the world saved after tick {since}: \
                 {}. A replay that starts there differs in the same way. The history is written out: replay it with the command replay of this program",
                Self::NOT_SAVED
            ),
            Start::Own(since) => tracing::error!(
                world,
                tick,
                parts,
                since,
                "the shadow reached a different state than the server. After tick {since} it had saved its own world, and \
                 loaded that into a new one: {}. The history is written out: replay it with the command replay of this program",
                Self::NOT_SAVED
            ),
        }
        // If no history is kept, only the log line reports the divergence.
        let _ = self.history.write_for(batch.world.id, Reason::Diverged);
    }

    const NOT_SAVED: &str = "game logic depends on something that is not saved (a Local, Added or Changed of an \
                             earlier tick, a component that is declared presentation-only, a static), on \
                             entity ids or the order of a query, reads a clock, or is not deterministic; or memory is broken";
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
