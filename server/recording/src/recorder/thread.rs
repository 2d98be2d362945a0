//! The recorder thread: encodes the tick thread's records into chunks, keeps the last of them, and
//! passes them on.

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
    batch_queue::{BatchSendError, BatchSender},
    context::RecorderContext,
    history::History,
    history_handle::{HistoryAnswer, HistoryRequest},
    history_throttle::HistoryThrottle,
    history_writer::WriteJob,
    metrics::RecorderMetrics,
    record_ring::{LiveTick, TickReceiver},
};
use crate::format::{EndReason, PushError, TicksBuilder, seal_keyframe};

/// The interval at which the recorder thread checks for ticks. The tick thread does not wake it,
/// because that takes a system call.
const LOOK: Duration = Duration::from_millis(50);
/// A chunk is sealed after this time, even with less than a second of ticks.
const SEAL: Duration = Duration::from_secs(1);
/// A tick that takes longer triggers a write of the history: the time of three ticks, which is as
/// many as the tick loop catches up on.
const OVERRUN: Duration = Duration::from_millis(50);
/// The number of empty records at the start: enough for a second.
const STOCK: usize = TICK_RATE as usize;
/// The minimum capacity for events of a record.
const EVENTS: usize = 64;
/// The largest buffer of a saved world that is returned to the tick thread. Larger ones are freed.
const KEPT_KEYFRAME: usize = 256 << 20;

/// The inputs of the recorder thread.
pub(super) struct Recorder {
    pub(super) ticks: TickReceiver,
    pub(super) requests: Receiver<HistoryRequest>,
    pub(super) context: Arc<RecorderContext>,
    pub(super) metrics: Arc<RecorderMetrics>,
    pub(super) history: Option<History>,
    pub(super) disk: Option<BatchSender>,
    pub(super) shadow: Option<BatchSender>,
    pub(super) writer: Option<SyncSender<WriteJob>>,
    /// The last recorded tick; the shadow computes its lag from it.
    pub(super) recorded: Arc<AtomicU32>,
}

/// The state of the recorder thread after the first tick.
struct RecorderState {
    builder: TicksBuilder,
    /// When the first tick of the current chunk arrived.
    since: Instant,
    /// The last tick received.
    last: Option<u32>,
    throttle: HistoryThrottle,
    /// The maximum number of events in a recent tick. Returned records have capacity for as many.
    busiest: usize,
}

impl Recorder {
    /// Records until the tick thread has ended.
    pub(super) fn run(mut self) {
        let mut state: Option<RecorderState> = None;
        loop {
            // Checked before draining, so that the last ticks are not lost.
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
                // The server ended without a stop, and the tick thread will end soon.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn drain(&mut self, state: &mut Option<RecorderState>) {
        // Ticks that arrive during this loop wait for the next call.
        for _ in 0..self.ticks.full.slots() {
            let Ok(mut record) = self.ticks.full.pop() else {
                return;
            };
            if state.is_none() {
                self.stock();
            }
            // A tick has arrived, so the world exists.
            let state = state.get_or_insert_with(|| RecorderState::new(self.context.parts().len()));
            self.take_in(&record, state);
            state.recycle(&mut record);
            // The ring is full only if the tick thread takes no records back.
            let _ = self.ticks.empty.push(record);
        }
    }

    /// Creates empty records in advance, so that the tick thread does not have to if this thread is
    /// late.
    fn stock(&mut self) {
        let parts = self.context.parts().len();
        for _ in 0..STOCK {
            let mut record = LiveTick::default();
            record.parts.reserve(parts);
            record.input.events.reserve(EVENTS);
            let _ = self.ticks.empty.push(record);
        }
    }

    fn take_in(&mut self, record: &LiveTick, state: &mut RecorderState) {
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
            // Done first, because the write below may wait for the history thread.
            if let Some(disk) = self.disk.take() {
                disk.end(EndReason::Panicked, format!("tick {tick} panicked"));
            }
            self.write_automatically(Reason::Panic, state);
        } else if record.took > OVERRUN {
            let took_ms = record.took.as_millis() as u64;
            tracing::debug!(tick, took_ms, "a tick took far too long");
            self.write_automatically(Reason::Overrun, state);
        }
    }

    fn push(&mut self, record: &LiveTick, state: &mut RecorderState) {
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

    fn seal(&mut self, state: &mut RecorderState, panicked: bool) {
        let sealed = state.builder.seal();
        self.pass_on(Batch::new(sealed.into_iter().collect(), panicked));
    }

    /// Clears the history, because ticks are missing. The disk thread notices the gap by itself.
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
                Err(BatchSendError::Full) => {
                    self.metrics.active.set(0.0);
                    self.metrics.dropped.increment(batch.ticks().into());
                    self.disk = Some(disk);
                }
                // The disk thread has logged why.
                Err(BatchSendError::Gone) => {}
            }
        }
        if let Some(shadow) = &self.shadow
            && shadow.send(&batch) == Err(BatchSendError::Full)
        {
            self.metrics.shadow_skipped.increment(batch.ticks().into());
        }
        if let Some(history) = &mut self.history {
            history.push(batch);
        }
    }

    fn write_automatically(&mut self, reason: Reason, state: &mut RecorderState) {
        let now = Instant::now();
        if self.writer.is_some()
            && state.throttle.allows(reason, now)
            && self.answer_with(Some(reason), None, Some(state))
        {
            state.throttle.note_accepted(reason, now);
        }
    }

    fn answer(&mut self, request: HistoryRequest, state: &mut Option<RecorderState>) {
        match request {
            HistoryRequest::Write(answer) => self.write_for(answer, state),
            HistoryRequest::WriteFor(reason) => {
                if let Some(state) = state {
                    self.write_automatically(reason, state);
                }
            }
            HistoryRequest::Download(answer) => {
                self.answer_with(None, Some(answer), state.as_mut());
            }
        }
    }

    fn write_for(&mut self, answer: Option<HistoryAnswer>, state: &mut Option<RecorderState>) {
        let now = Instant::now();
        if state
            .as_ref()
            .is_some_and(|state| !state.throttle.allows(Reason::Asked, now))
        {
            return refuse(Some(Reason::Asked), answer, HistoryError::TooSoon);
        }
        let accepted = self.answer_with(Some(Reason::Asked), answer, state.as_mut());
        if let (true, Some(state)) = (accepted, state) {
            state.throttle.note_accepted(Reason::Asked, now);
        }
    }

    /// Requests a write of the history. Returns whether the job was queued.
    fn answer_with(
        &mut self,
        reason: Option<Reason>,
        answer: Option<HistoryAnswer>,
        state: Option<&mut RecorderState>,
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
                    // Waiting loses nothing, because no tick follows, and this history is the most
                    // important one.
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

impl RecorderState {
    fn new(parts: usize) -> Self {
        Self {
            builder: TicksBuilder::new(parts),
            since: Instant::now(),
            last: None,
            throttle: HistoryThrottle::default(),
            busiest: 0,
        }
    }

    /// Empties a record and reserves the capacity that recent ticks needed. Strings are freed and
    /// memory is allocated here, so that the tick thread does neither.
    fn recycle(&mut self, record: &mut LiveTick) {
        let events = &mut record.input.events;
        self.busiest = events.len().max(self.busiest - self.busiest / 4096);
        events.clear();
        events.shrink_to(4 * self.busiest + EVENTS);
        events.reserve(self.busiest.max(EVENTS));
        if record.keyframe.capacity() > KEPT_KEYFRAME {
            record.keyframe = Vec::new();
        }
        // The world may have grown by the next save.
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
