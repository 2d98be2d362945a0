//! A queue of batches, bounded in number and bytes, whose sender never waits.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use super::batch::Batch;
use crate::format::EndReason;

/// The maximum number of waiting batches. One arrives per second, so a disk has two minutes to
/// catch up.
const MAX_BATCHES: usize = 128;
/// Above this many waiting bytes, batches are refused. One batch may exceed it, because a saved
/// world is never split.
const MAX_BYTES: usize = 64 << 20;

/// The reason why the queue ended, and a short explanation.
pub(super) type QueueEnd = (EndReason, String);

/// The sending end.
pub(super) struct BatchSender {
    sender: SyncSender<Arc<Batch>>,
    shared: Arc<QueueState>,
}

/// The receiving end.
pub(super) struct BatchReceiver {
    receiver: Receiver<Arc<Batch>>,
    shared: Arc<QueueState>,
}

#[derive(Default)]
struct QueueState {
    bytes: AtomicUsize,
    ending: OnceLock<QueueEnd>,
}

/// The reason why the queue refused a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchSendError {
    /// Too many batches or bytes wait.
    Full,
    /// The receiver is gone.
    Gone,
}

/// Returns both ends.
pub(super) fn batch_queue() -> (BatchSender, BatchReceiver) {
    let (sender, receiver) = sync_channel(MAX_BATCHES);
    let shared = Arc::<QueueState>::default();
    let sender = BatchSender {
        sender,
        shared: Arc::clone(&shared),
    };
    (sender, BatchReceiver { receiver, shared })
}

impl BatchSender {
    /// Sends without blocking.
    pub(super) fn send(&self, batch: &Arc<Batch>) -> Result<(), BatchSendError> {
        if self.bytes() >= MAX_BYTES {
            return Err(BatchSendError::Full);
        }
        // Counted before the send, because the receiver may subtract it immediately.
        self.shared.bytes.fetch_add(batch.bytes(), Ordering::Relaxed);
        self.sender.try_send(Arc::clone(batch)).map_err(|error| {
            self.shared.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => BatchSendError::Full,
                TrySendError::Disconnected(_) => BatchSendError::Gone,
            }
        })
    }

    /// Ends the queue. The receiver still gets the waiting batches.
    pub(super) fn end(self, reason: EndReason, text: String) {
        let _ = self.shared.ending.set((reason, text));
    }

    /// Returns the number of waiting bytes.
    pub(super) fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

/// If the sender's thread panicked, the receiver must not see a normal stop. In both cases the
/// receiver sees the end before it has read the waiting batches.
impl Drop for BatchSender {
    fn drop(&mut self) {
        let ending = if thread::panicking() {
            (EndReason::TooSlow, "the recorder failed".to_owned())
        } else {
            (EndReason::Stopped, String::new())
        };
        let _ = self.shared.ending.set(ending);
    }
}

impl BatchReceiver {
    /// Returns the next batch, or `None` when the queue has ended and is empty.
    pub(super) fn next(&self) -> Option<Arc<Batch>> {
        let batch = self.receiver.recv().ok()?;
        self.shared.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
        Some(batch)
    }

    /// Returns the next batch if one waits.
    #[cfg(test)]
    pub(super) fn try_next(&self) -> Option<Arc<Batch>> {
        let batch = self.receiver.try_recv().ok()?;
        self.shared.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
        Some(batch)
    }

    /// Returns whether the queue has ended. Batches may still wait in it.
    pub(super) fn is_ended(&self) -> bool {
        self.shared.ending.get().is_some()
    }

    /// Returns why the queue ended.
    pub(super) fn ending(&self) -> QueueEnd {
        let stopped = || (EndReason::Stopped, String::new());
        self.shared.ending.get().cloned().unwrap_or_else(stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::batch::samples::second;

    #[test]
    fn the_queue_reports_a_panic_of_the_recorder() {
        let (sender, receiver) = batch_queue();
        let recorder = thread::spawn(move || {
            let _sender = sender;
            panic!("on purpose");
        });
        assert!(receiver.next().is_none());
        assert_eq!(receiver.ending().0, EndReason::TooSlow);
        assert!(recorder.join().is_err());
    }

    #[test]
    fn dropping_the_sender_ends_the_queue_as_a_stop() {
        let (sender, receiver) = batch_queue();
        sender.send(&second(1)).unwrap();
        assert!(!receiver.is_ended());
        drop(sender);
        assert!(receiver.is_ended(), "before the waiting batches are read");
        assert_eq!(receiver.ending(), (EndReason::Stopped, String::new()));
        assert!(receiver.next().is_some() && receiver.next().is_none());
    }
}
