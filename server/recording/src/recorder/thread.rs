//! The recorder thread: encodes the ticks of all worlds into chunks, keeps the last of them, and
//! passes them on.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use parlour_shared::limits::TICK_RATE;
use parlour_tick::{TickInput, WorldId};

use super::{
    HistoryError, Reason, RecoverError,
    history::{History, HistorySize},
    history_request::{HistoryAnswer, HistoryRequest},
    history_writer::WriteJob,
    live_batch::{LiveBatch, LiveTick},
    log_limit::LogLimit,
    memory::HistoryMemory,
    metrics::RecorderMetrics,
    outlets::{Outlets, refuse},
    recovery::Recovery,
    request::Request,
    tick_rings::TickRings,
    tick_sender::now_ms,
    world_state::{ReceivedTick, WorldState},
};
use crate::format::Sealer;

/// The interval at which the recorder thread checks for ticks. The tick threads do not wake it,
/// because that takes a system call.
const LOOK: Duration = Duration::from_millis(50);
/// The maximum number of requests that are answered between two looks at the current chunks.
const REQUESTS: usize = 256;
/// The maximum number of requests that wait until all ticks are read. Further ones wait in the
/// queue.
const MAX_LATER: usize = 1024;

/// The recorder thread.
pub(super) struct Recorder {
    rings: TickRings,
    requests: Receiver<Request>,
    /// Requests that were received while ticks were read, and are answered when all are read.
    later: VecDeque<Request>,
    worlds: BTreeMap<WorldId, WorldState>,
    outlets: Outlets,
    memory: HistoryMemory,
    sealer: Sealer,
    /// The input of the tick that is being recorded.
    input: TickInput,
    metrics: Arc<RecorderMetrics>,
    /// The length of a history. Zero: only panics write one, because what a recovery needs is in
    /// memory anyway.
    history: Duration,
    /// Limits histories after ticks that took too long: a machine that stops for a moment makes
    /// the ticks of all worlds long.
    overruns: LogLimit,
}

impl Recorder {
    /// Returns the thread before it runs. `history` is the length of the history of each world; the
    /// last stretch is kept in any case.
    pub(super) fn new(
        rings: TickRings,
        requests: Receiver<Request>,
        outlets: Outlets,
        memory: HistoryMemory,
        history: Duration,
        metrics: Arc<RecorderMetrics>,
    ) -> Self {
        Self {
            rings,
            requests,
            later: VecDeque::new(),
            worlds: BTreeMap::new(),
            outlets,
            memory,
            sealer: Sealer::new(),
            input: TickInput::default(),
            metrics,
            history,
            overruns: LogLimit::default(),
        }
    }

    /// Records until all tick threads have ended.
    pub(super) fn run(mut self) {
        loop {
            // Checked before draining, so that the last ticks are not lost.
            let ended = self.rings.are_abandoned();
            self.drain();
            self.seal_due(ended);
            self.outlets.send_again();
            self.observe();
            if ended {
                return self.outlets.end();
            }
            // Requests may have been received while ticks were read.
            let wait = if self.later.is_empty() {
                LOOK
            } else {
                Duration::ZERO
            };
            match self.requests.recv_timeout(wait) {
                Ok(request) => self.answer_all(Some(request)),
                Err(RecvTimeoutError::Timeout) if !self.later.is_empty() => self.answer_all(None),
                Err(RecvTimeoutError::Timeout) => {}
                // Cannot happen: this thread keeps a sender.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Records the ticks that wait now. Ticks that arrive meanwhile wait for the next call.
    fn drain(&mut self) {
        for _ in 0..self.rings.waiting() {
            let Some((ring, mut batch)) = self.rings.pop() else {
                return;
            };
            self.rings.observe(ring, &batch);
            self.batch(&mut batch);
            self.rings.give_back(ring, batch);
        }
    }

    fn batch(&mut self, batch: &mut LiveBatch) {
        let mut input = mem::take(&mut self.input);
        let mut events = batch.events.drain(..);
        let mut parts = batch.parts.as_slice();
        let mut keyframes = batch.keyframes.iter();
        for tick in &batch.ticks {
            input.events.clear();
            input.events.extend(events.by_ref().take(tick.events as usize));
            input.pace = tick.pace;
            // The sender counts what it adds.
            let own;
            (own, parts) = parts.split_at(parts.len().min(tick.parts as usize));
            let received = ReceivedTick {
                tick,
                wall_ms: batch.wall_ms,
                input: &input,
                parts: own,
                saved: if tick.saved {
                    keyframes.next().map(Vec::as_slice)
                } else {
                    None
                },
            };
            self.tick(&received);
        }
        drop(events);
        input.events.clear();
        self.input = input;
    }

    fn tick(&mut self, received: &ReceivedTick<'_>) {
        let LiveTick { world, tick, .. } = *received.tick;
        let is_expected = |state: &WorldState| state.expects(tick);
        if !self.worlds.get(&world).is_some_and(is_expected) {
            // The world was opened, or goes on, a moment ago.
            self.receive_requests();
        }
        let Some(state) = self.worlds.get_mut(&world).filter(|state| !state.is_broken()) else {
            self.metrics
                .dropped
                .increment(received.tick.skipped.max(1).into());
            return;
        };
        let before = state.memory();
        let reason = state.take_in(received, &mut self.sealer, &mut self.outlets);
        self.memory.changed(before, state.memory());
        if let Some(reason) = reason {
            self.write_automatically(world, reason);
        }
        self.memory.bound(&mut self.worlds);
    }

    fn seal_due(&mut self, all: bool) {
        for state in self.worlds.values_mut() {
            if all || state.is_due() {
                let before = state.memory();
                state.seal(&mut self.sealer, &mut self.outlets);
                self.memory.changed(before, state.memory());
            }
        }
        self.memory.bound(&mut self.worlds);
    }

    /// Opens and continues worlds for which that was requested. Other requests wait, because they
    /// are about ticks that may not have been read yet.
    fn receive_requests(&mut self) {
        while self.later.len() < MAX_LATER
            && let Ok(request) = self.requests.try_recv()
        {
            self.later.push_back(request);
        }
        for request in mem::take(&mut self.later) {
            match request {
                Request::Open(..) | Request::Continue(..) => self.answer(request),
                other => self.later.push_back(other),
            }
        }
    }

    /// Answers this request and those that wait.
    fn answer_all(&mut self, first: Option<Request>) {
        self.later.extend(first);
        for _ in 0..REQUESTS {
            if self.later.is_empty() {
                self.later.extend(self.requests.try_recv().ok());
            }
            if self.later.is_empty() {
                return;
            }
            // A request may be about ticks that were sent just before it. It stays in the list
            // meanwhile, because these ticks may need it.
            self.drain();
            if let Some(request) = self.later.pop_front() {
                self.answer(request);
            }
        }
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Open(context, saved, first) => {
                let world = context.id;
                let state = WorldState::new(context, History::new(self.history));
                self.worlds.insert(world, state);
                if saved.is_some() {
                    self.change(world, |state, sealer, outlets| {
                        state.continue_from(saved.as_ref(), now_ms(), sealer, outlets);
                    });
                }
                if let Some(mut first) = first {
                    self.batch(&mut first);
                }
            }
            Request::Continue(world, saved) => {
                self.change(world, |state, sealer, outlets| {
                    state.continue_from(saved.as_ref(), now_ms(), sealer, outlets);
                });
            }
            Request::Close(world) => {
                self.change(world, WorldState::seal);
                if let Some(state) = self.worlds.remove(&world) {
                    self.memory.changed(state.memory(), HistorySize::default());
                    self.outlets.end_world(world);
                }
            }
            Request::Recover(world, answer) => {
                // The caller may have given up.
                let _ = answer.send(self.recovery(world));
            }
            Request::History(request) => self.history(request),
        }
    }

    /// Changes a world, if it exists, and keeps account of its memory.
    fn change(&mut self, world: WorldId, change: impl FnOnce(&mut WorldState, &mut Sealer, &mut Outlets)) {
        if let Some(state) = self.worlds.get_mut(&world) {
            let before = state.memory();
            change(state, &mut self.sealer, &mut self.outlets);
            self.memory.changed(before, state.memory());
            self.memory.bound(&mut self.worlds);
        }
    }

    fn recovery(&mut self, world: WorldId) -> Result<Recovery, RecoverError> {
        self.change(world, WorldState::seal);
        let state = self.worlds.get(&world).ok_or(RecoverError::NoWorld(world))?;
        state.recovery().ok_or(RecoverError::NothingSaved)
    }

    fn history(&mut self, request: HistoryRequest) {
        match request {
            HistoryRequest::Write(world, answer) => self.write_for(world, answer),
            HistoryRequest::WriteFor(world, reason) => self.write_automatically(world, reason),
            HistoryRequest::Download(world, answer) => {
                if !self.worlds.contains_key(&world) {
                    return refuse(None, Some(answer), HistoryError::NoWorld);
                }
                self.write(vec![world], None, Some(answer));
            }
        }
    }

    /// Writes the history of a world, or of all, on request.
    fn write_for(&mut self, world: Option<WorldId>, answer: Option<HistoryAnswer>) {
        let asked = Some(Reason::Asked);
        let mut worlds = match world {
            None => self.worlds.keys().copied().collect(),
            Some(world) if self.worlds.contains_key(&world) => vec![world],
            Some(_) => return refuse(asked, answer, HistoryError::NoWorld),
        };
        let now = Instant::now();
        let before = worlds.len();
        worlds.retain(|world| self.worlds[world].throttle.allows(Reason::Asked, now));
        if worlds.is_empty() && before > 0 {
            return refuse(asked, answer, HistoryError::TooSoon);
        }
        self.write(worlds, asked, answer);
    }

    fn write_automatically(&mut self, world: WorldId, reason: Reason) {
        let now = Instant::now();
        let allows = |state: &WorldState| state.throttle.allows(reason, now);
        if (reason == Reason::Panic || !self.history.is_zero())
            && self.worlds.get(&world).is_some_and(allows)
            && (reason != Reason::Overrun || self.overruns.allows(now))
        {
            self.write(vec![world], Some(reason), None);
        }
    }

    /// Requests a write of the histories of these worlds that are not empty.
    fn write(&mut self, mut worlds: Vec<WorldId>, reason: Option<Reason>, answer: Option<HistoryAnswer>) {
        for world in &worlds {
            self.change(*world, WorldState::seal);
        }
        // Only a saved world, and no tick: that is empty.
        worlds.retain(|world| self.worlds[world].history.len() > 0);
        let histories = worlds.iter().map(|world| self.worlds[world].history.batches());
        let job = WriteJob {
            reason,
            histories: histories.collect(),
            answer,
        };
        let now = Instant::now();
        if self.outlets.write(job)
            && let Some(reason) = reason
        {
            for world in &worlds {
                if let Some(state) = self.worlds.get_mut(world) {
                    state.throttle.note_accepted(reason, now);
                }
            }
        }
    }

    fn observe(&self) {
        let metrics = &self.metrics;
        metrics.queue_bytes.set(self.outlets.waiting_for_disk() as f64);
        if !self.history.is_zero() {
            let longest = self.worlds.values().map(|world| world.history.len()).max();
            metrics.history_seconds.set(longest.unwrap_or(0) / TICK_RATE);
            metrics.history_bytes.set(self.memory.total() as f64);
        }
    }
}

#[cfg(test)]
mod tests;
