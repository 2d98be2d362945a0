//! Where the recorder thread sends what it has sealed: the disk, the shadow and the history thread.
//! None of them is waited for.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError},
    },
};

use parlour_tick::WorldId;

use super::{
    HistoryError, Reason,
    batch::Batch,
    batch_queue::{BatchSendError, BatchSender},
    history_request::HistoryAnswer,
    history_writer::WriteJob,
    metrics::RecorderMetrics,
};
use crate::format::EndReason;

/// The maximum number of histories of panics that wait for a busy history thread. They hold the
/// memory of their worlds' histories.
const MAX_UNSENT: usize = 16;

/// The other threads of the recorder.
pub(super) struct Outlets {
    disk: Option<WorldQueue>,
    shadow: Option<WorldQueue>,
    writer: SyncSender<WriteJob>,
    /// Histories of panics that the history thread had no room for. They are the most important
    /// ones, and are sent later.
    unsent: VecDeque<WriteJob>,
    metrics: Arc<RecorderMetrics>,
}

/// A queue, and the ends of worlds that it had no room for.
struct WorldQueue {
    sender: BatchSender,
    unsent: VecDeque<WorldId>,
}

impl Outlets {
    pub(super) fn new(
        disk: Option<BatchSender>,
        shadow: Option<BatchSender>,
        writer: SyncSender<WriteJob>,
        metrics: Arc<RecorderMetrics>,
    ) -> Self {
        let queue = |sender| WorldQueue {
            sender,
            unsent: VecDeque::new(),
        };
        Self {
            disk: disk.map(queue),
            shadow: shadow.map(queue),
            writer,
            unsent: VecDeque::new(),
            metrics,
        }
    }

    /// Sends a batch to the disk and to the shadow.
    pub(super) fn batch(&mut self, batch: &Arc<Batch>) {
        let metrics = &self.metrics;
        send(&mut self.disk, batch, |batch| {
            metrics.active.set(0.0);
            metrics.dropped.increment(batch.ticks().into());
        });
        send(&mut self.shadow, batch, |batch| {
            metrics.shadow_skipped.increment(batch.ticks().into());
        });
    }

    /// Tells the disk and the shadow that a world has ended.
    pub(super) fn end_world(&mut self, world: WorldId) {
        for queue in [&mut self.disk, &mut self.shadow].into_iter().flatten() {
            queue.unsent.push_back(world);
        }
        self.send_again();
    }

    /// Requests that histories are written. Returns whether the job was accepted.
    pub(super) fn write(&mut self, job: WriteJob) -> bool {
        if job.histories.is_empty() {
            refuse(job.reason, job.answer, HistoryError::Empty);
            return false;
        }
        match self.writer.try_send(job) {
            Ok(()) => true,
            Err(TrySendError::Full(job))
                if job.reason == Some(Reason::Panic) && self.unsent.len() < MAX_UNSENT =>
            {
                self.unsent.push_back(job);
                true
            }
            Err(TrySendError::Full(job)) => {
                refuse(job.reason, job.answer, HistoryError::Busy);
                false
            }
            Err(TrySendError::Disconnected(job)) => {
                refuse(job.reason, job.answer, HistoryError::Gone);
                false
            }
        }
    }

    /// Sends what a receiver had no room for.
    pub(super) fn send_again(&mut self) {
        for queue in [&mut self.disk, &mut self.shadow].into_iter().flatten() {
            while let Some(world) = queue.unsent.pop_front() {
                if queue.sender.end_world(world) == Err(BatchSendError::Full) {
                    queue.unsent.push_front(world);
                    break;
                }
            }
        }
        while let Some(job) = self.unsent.pop_front() {
            match self.writer.try_send(job) {
                Ok(()) => {}
                Err(TrySendError::Full(job)) => {
                    self.unsent.push_front(job);
                    return;
                }
                Err(TrySendError::Disconnected(job)) => {
                    refuse(job.reason, job.answer, HistoryError::Gone);
                }
            }
        }
    }

    /// Returns the number of bytes that wait for the disk.
    pub(super) fn waiting_for_disk(&self) -> usize {
        self.disk.as_ref().map_or(0, |queue| queue.sender.bytes())
    }

    /// Ends the queues. Waits for the history thread, because no tick follows.
    pub(super) fn end(mut self) {
        for queue in [self.disk.take(), self.shadow.take()].into_iter().flatten() {
            queue.sender.end(EndReason::Stopped, String::new());
        }
        for job in self.unsent.drain(..) {
            let _ = self.writer.send(job);
        }
    }
}

fn send(queue: &mut Option<WorldQueue>, batch: &Arc<Batch>, full: impl FnOnce(&Batch)) {
    let Some(open) = queue else { return };
    match open.sender.send(batch) {
        Ok(()) => {}
        Err(BatchSendError::Full) => full(batch),
        // The thread has logged why.
        Err(BatchSendError::Gone) => *queue = None,
    }
}

/// Answers a request that cannot be served, or logs it.
pub(super) fn refuse(reason: Option<Reason>, answer: Option<HistoryAnswer>, refused: HistoryError) {
    match (answer, reason) {
        (Some(answer), _) => answer(Err(refused)),
        (None, Some(reason)) => {
            tracing::warn!(reason = reason.word(), why = %refused, "the history was not written");
        }
        (None, None) => {}
    }
}
