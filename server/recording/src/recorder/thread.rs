//! The recorder thread: makes chunks of what the tick thread hands on, keeps the last of them, passes them on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    time::{Duration, Instant},
};

use parlour_shared::limits::TICK_RATE;

use super::{
    HistoryError, Reason,
    batch::Batch,
    batch_queue::{BatchSender, NotTaken},
    counts::RecorderMetrics,
    history::History,
    history_handle::{HistoryAnswer, HistoryRequest},
    history_writer::WriteJob,
    ring::{LiveTick, TickReceiver},
    source::Source,
    throttle::Throttle,
};
use crate::format::{EndReason, PushError, TicksBuilder, seal_keyframe};

/// How often it looks for ticks: the tick thread must not wake anyone.
const LOOK: Duration = Duration::from_millis(50);
/// After this much time a chunk is sealed even if ticks are missing to a second.
const SEAL: Duration = Duration::from_secs(1);
/// A step that takes longer is worth a look at what came before: three ticks, which is what the tick can catch up on.
const OVERRUN: Duration = Duration::from_millis(50);
/// Empty records that the tick thread finds from the beginning: as many as a second needs.
const STOCK: usize = TICK_RATE as usize;
/// Events that a record has room for at least.
const EVENTS: usize = 64;
/// Bytes of a saved world's buffer that go back to the tick thread: more is given back to the system.
const KEPT_KEYFRAME: usize = 256 << 20;

/// What the thread is made with.
pub(super) struct Recorder {
    pub(super) ticks: TickReceiver,
    pub(super) requests: Receiver<HistoryRequest>,
    pub(super) source: Arc<Source>,
    pub(super) metrics: Arc<RecorderMetrics>,
    pub(super) history: Option<History>,
    pub(super) disk: Option<BatchSender>,
    pub(super) shadow: Option<BatchSender>,
    pub(super) writer: Option<SyncSender<WriteJob>>,
    /// The last tick that was recorded, for the shadow to know how far behind it is.
    pub(super) recorded: Arc<AtomicU32>,
}

/// What it has from one moment to the next.
struct State {
    builder: TicksBuilder,
    /// When the first tick came that is in the builder.
    since: Instant,
    /// The last tick that came.
    last: Option<u32>,
    throttle: Throttle,
    /// Events of the busiest tick of late: what comes back to the tick thread has room for them.
    busiest: usize,
}

impl Recorder {
    /// Records until the tick thread has ended.
    pub(super) fn run(mut self) {
        let mut state: Option<State> = None;
        loop {
            // Asked before the ring is emptied: what was pushed before it was left is taken, too.
            let ended = self.ticks.full.is_abandoned();
            self.drain(&mut state);
            if let Some(state) = &mut state
                && (ended || state.since.elapsed() >= SEAL)
            {
                self.seal(state, false);
            }
            self.observe();
            if ended {
                if let Some(shadow) = self.shadow.take() {
                    shadow.end(EndReason::Stopped, String::new());
                }
                return;
            }
            match self.requests.recv_timeout(LOOK) {
                Ok(request) => {
                    self.drain(&mut state);
                    self.answer(request, &mut state);
                }
                Err(RecvTimeoutError::Timeout) => {}
                // The server is gone without a stop; the tick thread will be, too.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn drain(&mut self, state: &mut Option<State>) {
        // What arrives while this runs waits for the next look.
        for _ in 0..self.ticks.full.slots() {
            let Ok(mut record) = self.ticks.full.pop() else {
                return;
            };
            if state.is_none() {
                self.stock();
            }
            // The world is made, or it would not have ticked.
            let state = state.get_or_insert_with(|| State::new(self.source.parts().len()));
            self.take_in(&record, state);
            state.recycle(&mut record);
            // Full only if nobody takes any back.
            let _ = self.ticks.empty.push(record);
        }
    }

    /// Makes empty records, so that the tick thread need not when this thread is late.
    fn stock(&mut self) {
        let parts = self.source.parts().len();
        for _ in 0..STOCK {
            let mut record = LiveTick::default();
            record.parts.reserve(parts);
            record.input.events.reserve(EVENTS);
            let _ = self.ticks.empty.push(record);
        }
    }

    fn take_in(&mut self, record: &LiveTick, state: &mut State) {
        let tick = record.tick.0;
        if state.last.is_some_and(|last| last + 1 != tick) {
            self.seal(state, false);
            self.forget();
        }
        state.last = Some(tick);
        self.recorded.store(tick, Ordering::Relaxed);
        self.push(record, state);
        let panicked = record.hash.is_none();
        if panicked || state.builder.is_due() || !record.keyframe.is_empty() {
            self.seal(state, panicked);
        }
        if !record.keyframe.is_empty() {
            match seal_keyframe(record.tick, record.wall_ms, &record.keyframe) {
                Ok(chunks) => self.pass_on(Batch::new(chunks, false)),
                Err(error) => tracing::warn!(tick, %error, "no saved world in the recording"),
            }
        }
        if panicked {
            // First, for the writer may have to be waited for.
            if let Some(disk) = self.disk.take() {
                disk.end(EndReason::Panicked, format!("tick {tick} panicked"));
            }
            self.write_by_itself(Reason::Panic, state);
        } else if record.took > OVERRUN {
            let took_ms = record.took.as_millis() as u64;
            tracing::debug!(tick, took_ms, "a tick took far too long");
            self.write_by_itself(Reason::Overrun, state);
        }
    }

    fn push(&mut self, record: &LiveTick, state: &mut State) {
        let result = record.hash.map(|hash| (hash, record.parts.as_slice()));
        if state.builder.is_empty() {
            state.since = Instant::now();
        }
        let mut pushed = state
            .builder
            .push(record.tick, record.wall_ms, result, &record.input);
        if pushed == Err(PushError::Full) {
            self.seal(state, false);
            pushed = state
                .builder
                .push(record.tick, record.wall_ms, result, &record.input);
        }
        if let Err(error) = pushed {
            tracing::warn!(%error, "not recorded");
            self.seal(state, false);
            self.forget();
        }
    }

    fn seal(&mut self, state: &mut State, panicked: bool) {
        let sealed = state.builder.seal();
        self.pass_on(Batch::new(sealed.into_iter().collect(), panicked));
    }

    /// Something is missing: what comes next does not go on from what was. The disk sees that by itself.
    fn forget(&mut self) {
        if let Some(history) = &mut self.history {
            history.clear();
        }
    }

    fn pass_on(&mut self, batch: Option<Batch>) {
        let Some(batch) = batch.map(Arc::new) else {
            return;
        };
        if let Some(disk) = self.disk.take() {
            match disk.send(&batch) {
                Ok(()) => self.disk = Some(disk),
                Err(NotTaken::Full) => {
                    self.metrics.active.set(0.0);
                    self.metrics.dropped.increment(batch.ticks().into());
                    self.disk = Some(disk);
                }
                // It has said why.
                Err(NotTaken::Gone) => {}
            }
        }
        if let Some(shadow) = &self.shadow
            && shadow.send(&batch) == Err(NotTaken::Full)
        {
            self.metrics.shadow_skipped.increment(batch.ticks().into());
        }
        if let Some(history) = &mut self.history {
            history.push(batch);
        }
    }

    fn write_by_itself(&mut self, reason: Reason, state: &mut State) {
        let now = Instant::now();
        if self.writer.is_some()
            && state.throttle.may(reason, now)
            && self.answer_with(Some(reason), None, Some(state))
        {
            state.throttle.mark(reason, now);
        }
    }

    fn answer(&mut self, request: HistoryRequest, state: &mut Option<State>) {
        match request {
            HistoryRequest::Write(answer) => self.write_for(answer, state),
            HistoryRequest::WriteFor(reason) => {
                if let Some(state) = state {
                    self.write_by_itself(reason, state);
                }
            }
            HistoryRequest::Download(answer) => {
                self.answer_with(None, Some(answer), state.as_mut());
            }
        }
    }

    fn write_for(&mut self, answer: Option<HistoryAnswer>, state: &mut Option<State>) {
        let now = Instant::now();
        if state
            .as_ref()
            .is_some_and(|state| !state.throttle.may(Reason::Asked, now))
        {
            return refuse(Some(Reason::Asked), answer, HistoryError::TooSoon);
        }
        let accepted = self.answer_with(Some(Reason::Asked), answer, state.as_mut());
        if let (true, Some(state)) = (accepted, state) {
            state.throttle.mark(Reason::Asked, now);
        }
    }

    /// Returns whether the job was queued.
    fn answer_with(
        &mut self,
        reason: Option<Reason>,
        answer: Option<HistoryAnswer>,
        state: Option<&mut State>,
    ) -> bool {
        if let Some(state) = state {
            self.seal(state, false);
        }
        let batches = self.history.as_ref().map(History::batches).unwrap_or_default();
        let refused = match &self.writer {
            None => HistoryError::NotKept,
            Some(_) if batches.iter().all(|batch| batch.ticks() == 0) => HistoryError::Empty,
            Some(writer) => {
                let job = WriteJob {
                    reason,
                    batches,
                    answer,
                };
                let sent = if reason == Some(Reason::Panic) {
                    // No tick comes after it, so nothing is lost by waiting; this is the history that matters most.
                    writer
                        .send(job)
                        .map_err(|unsent| TrySendError::Disconnected(unsent.0))
                } else {
                    writer.try_send(job)
                };
                match sent {
                    Ok(()) => return true,
                    Err(TrySendError::Full(job)) => refuse(job.reason, job.answer, HistoryError::Busy),
                    Err(TrySendError::Disconnected(job)) => {
                        refuse(job.reason, job.answer, HistoryError::Gone)
                    }
                }
                return false;
            }
        };
        refuse(reason, answer, refused);
        false
    }

    fn observe(&self) {
        let metrics = &self.metrics;
        let waiting = self.disk.as_ref().map_or(0, BatchSender::bytes);
        metrics.queue_bytes.set(waiting as f64);
        if let Some(history) = &self.history {
            metrics.history_seconds.set(history.len() / TICK_RATE);
            metrics.history_bytes.set(history.bytes() as f64);
        }
    }
}

impl State {
    fn new(parts: usize) -> Self {
        Self {
            builder: TicksBuilder::new(parts),
            since: Instant::now(),
            last: None,
            throttle: Throttle::default(),
            busiest: 0,
        }
    }

    /// Empties a record and gives it the room that ticks of late needed. Texts are freed here, and memory is taken here:
    /// the tick thread does neither.
    fn recycle(&mut self, record: &mut LiveTick) {
        let events = &mut record.input.events;
        self.busiest = events.len().max(self.busiest - self.busiest / 4096);
        events.clear();
        events.shrink_to(4 * self.busiest + EVENTS);
        events.reserve(self.busiest.max(EVENTS));
        if record.keyframe.capacity() > KEPT_KEYFRAME {
            record.keyframe = Vec::new();
        }
        // The world may have grown by the next time.
        let room = record.keyframe.len() / 4;
        record.keyframe.reserve(room);
        record.keyframe.clear();
    }
}

fn refuse(reason: Option<Reason>, answer: Option<HistoryAnswer>, refused: HistoryError) {
    match (answer, reason) {
        (Some(answer), _) => answer(Err(refused)),
        (None, Some(reason)) => {
            tracing::warn!(reason = reason.word(), why = %refused, "the history was not written");
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests;
