//! The state of the recorder thread for one world: the ticks of the current chunk, and the history.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parlour_shared::{ids::Tick, limits::TICK_RATE};
use parlour_tick::TickInput;

use super::{
    Reason,
    batch::Batch,
    context::WorldContext,
    history::{History, HistorySize},
    history_throttle::HistoryThrottle,
    live_batch::LiveTick,
    outlets::Outlets,
    recovery::{Recovery, SavedWorld},
};
use crate::format::{KeyframeTooLarge, PushError, SealedChunk, Sealer, TicksBuilder, seal_keyframe_with};

/// A chunk with input is sealed after this time, even with less than a second of ticks.
const SEAL: Duration = Duration::from_secs(1);
/// A chunk without any input is sealed after this time, or as many ticks as a quiet world has in
/// it: quiet worlds take little disk space, and a crash loses nothing that anybody did.
const SEAL_QUIET: Duration = Duration::from_secs(5);
pub(super) const QUIET_TICKS: u32 = 300;
/// A tick that takes longer triggers a write of the history: the time of three ticks, which is as
/// many as the tick loop catches up on.
const OVERRUN: Duration = Duration::from_millis(50);

/// A recorded world.
pub(super) struct WorldState {
    pub(super) context: Arc<WorldContext>,
    /// The ticks of the current chunk. `None` before the first tick.
    builder: Option<TicksBuilder>,
    /// When the first tick of the current chunk arrived.
    since: Instant,
    /// The last tick received.
    last: Option<u32>,
    /// Whether that tick panicked. No tick is accepted until the world continues.
    panicked: bool,
    pub(super) throttle: HistoryThrottle,
    pub(super) history: History,
}

/// What was received: a tick, or several that were skipped, and the world if it was saved after
/// them.
pub(super) struct ReceivedTick<'a> {
    pub(super) tick: &'a LiveTick,
    pub(super) wall_ms: u64,
    pub(super) input: &'a TickInput,
    pub(super) parts: &'a [u16],
    pub(super) saved: Option<&'a [u8]>,
}

impl WorldState {
    /// `history` is empty.
    pub(super) fn new(context: Arc<WorldContext>, history: History) -> Self {
        Self {
            context,
            builder: None,
            since: Instant::now(),
            last: None,
            panicked: false,
            throttle: HistoryThrottle::default(),
            history,
        }
    }

    /// Returns whether this can be the next tick.
    pub(super) fn expects(&self, tick: Tick) -> bool {
        !self.panicked && self.last.is_none_or(|last| last + 1 == tick.0)
    }

    /// Returns whether no tick is accepted before [`Self::continue_from`].
    pub(super) fn is_broken(&self) -> bool {
        self.panicked
    }

    /// Returns whether the current chunk is old enough to be sealed.
    pub(super) fn is_due(&self) -> bool {
        let is_quiet = |builder: &TicksBuilder| !builder.has_events();
        self.builder.as_ref().is_some_and(|builder| {
            let after = if is_quiet(builder) { SEAL_QUIET } else { SEAL };
            !builder.is_empty() && self.since.elapsed() >= after
        })
    }

    /// Records a tick, or several that were skipped. Returns the reason for which the history
    /// should be written, if there is one.
    pub(super) fn take_in(
        &mut self,
        received: &ReceivedTick<'_>,
        sealer: &mut Sealer,
        outlets: &mut Outlets,
    ) -> Option<Reason> {
        let tick = received.tick;
        if !self.expects(tick.tick) {
            self.seal(sealer, outlets);
            // Ticks are missing. The disk thread notices that by itself.
            self.history.clear();
        }
        let last = tick.last();
        self.last = Some(last.0);
        self.context.note_recorded(last.0);
        self.panicked = tick.hash.is_none();
        self.push(received, sealer, outlets);
        let is_due = self.builder.as_ref().is_some_and(|builder| {
            builder.is_due() && (builder.has_events() || builder.len() >= QUIET_TICKS)
        });
        if self.panicked || is_due || received.saved.is_some() {
            self.seal(sealer, outlets);
        }
        if let Some(state) = received.saved {
            let sealed = seal_keyframe_with(sealer, last, received.wall_ms, state);
            self.keyframe(last, sealed, outlets);
        }
        if self.panicked {
            return Some(Reason::Panic);
        }
        (tick.took > OVERRUN).then(|| {
            let took_ms = tick.took.as_millis() as u64;
            let (world, tick) = (&self.context.name, tick.tick.0);
            tracing::debug!(world, tick, took_ms, "a tick took far too long");
            Reason::Overrun
        })
    }

    /// Continues from this state, as it was at this time: the world was made from it. `None`: from
    /// before the first tick.
    pub(super) fn continue_from(
        &mut self,
        saved: Option<&SavedWorld>,
        wall_ms: u64,
        sealer: &mut Sealer,
        outlets: &mut Outlets,
    ) {
        self.seal(sealer, outlets);
        let last = saved.map(|saved| saved.tick.0);
        if last.is_none() || self.last != last {
            // The tick that panicked is the last of the history so far.
            self.history.clear();
        }
        self.builder = None;
        self.panicked = false;
        self.last = last;
        if let Some(SavedWorld { tick, state }) = saved {
            let sealed = seal_keyframe_with(sealer, *tick, wall_ms, state);
            self.keyframe(*tick, sealed, outlets);
        }
    }

    /// Seals the ticks of the current chunk, and passes them on.
    pub(super) fn seal(&mut self, sealer: &mut Sealer, outlets: &mut Outlets) {
        let Some(builder) = &mut self.builder else {
            return;
        };
        let sealed = builder.seal_with(sealer);
        if self.panicked {
            // It accepts no tick after one that panicked.
            self.builder = None;
        }
        let batch = Batch::new(&self.context, sealed.into_iter().collect(), self.panicked);
        self.pass_on(batch, outlets);
    }

    /// Returns what is needed to rebuild the world, if it is in memory. The current chunk must have
    /// been sealed.
    pub(super) fn recovery(&self) -> Option<Recovery> {
        let batches = self.history.last_stretch();
        let last = self.last? - u32::from(self.panicked);
        (!batches.is_empty()).then(|| Recovery {
            world: Arc::clone(&self.context),
            batches,
            last: Tick(last),
        })
    }

    /// Returns the size of the history in memory.
    pub(super) fn memory(&self) -> HistorySize {
        self.history.size()
    }

    fn push(&mut self, received: &ReceivedTick<'_>, sealer: &mut Sealer, outlets: &mut Outlets) {
        let mut pushed = self.try_push(received);
        if pushed == Err(PushError::Full) {
            // The chunk that is sealed now does not have the tick that panicked.
            let panicked = std::mem::take(&mut self.panicked);
            self.seal(sealer, outlets);
            self.panicked = panicked;
            pushed = self.try_push(received);
        }
        if let Err(error) = pushed {
            tracing::warn!(world = self.context.name, %error, "not recorded");
            self.seal(sealer, outlets);
            self.history.clear();
        }
    }

    fn try_push(&mut self, received: &ReceivedTick<'_>) -> Result<(), PushError> {
        let parts = self.context.parts().len();
        let builder = self.builder.get_or_insert_with(|| TicksBuilder::new(parts));
        if builder.is_empty() {
            self.since = Instant::now();
        }
        let LiveTick {
            tick, skipped, hash, ..
        } = *received.tick;
        if skipped > 0 {
            let first_ms = u64::from(skipped - 1) * 1000 / u64::from(TICK_RATE);
            let wall_ms = received.wall_ms.saturating_sub(first_ms);
            // They have a hash, as they did not panic.
            return builder.push_skipped(tick, wall_ms, skipped, hash.unwrap_or_default());
        }
        let result = hash.map(|hash| (hash, received.parts));
        builder.push(tick, received.wall_ms, result, received.input)
    }

    fn keyframe(
        &mut self,
        tick: Tick,
        sealed: Result<Vec<SealedChunk>, KeyframeTooLarge>,
        outlets: &mut Outlets,
    ) {
        match sealed {
            Ok(chunks) => self.pass_on(Batch::new(&self.context, chunks, false), outlets),
            Err(error) => {
                let world = &self.context.name;
                tracing::warn!(world, tick = tick.0, %error, "no saved world in the recording");
            }
        }
    }

    fn pass_on(&mut self, batch: Option<Batch>, outlets: &mut Outlets) {
        if let Some(batch) = batch.map(Arc::new) {
            outlets.batch(&batch);
            self.history.push(batch);
        }
    }
}
