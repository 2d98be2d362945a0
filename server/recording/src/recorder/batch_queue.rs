//! A queue of batches of all worlds, bounded in number and bytes, whose sender never waits.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use parlour_tick::WorldId;

use super::batch::Batch;
use crate::format::EndReason;

/// The maximum number of waiting batches. A busy world sends one per second, so a disk has half a
/// minute to catch up with 1,000 of them. An empty queue takes 1 MiB.
const MAX_BATCHES: usize = 32 * 1024;
/// Above this many waiting bytes, batches are refused. One batch may exceed it, because a saved
/// world is never split.
const MAX_BYTES: usize = 64 << 20;

/// The reason why the queue ended, and a short explanation.
pub(super) type QueueEnd = (EndReason, String);

/// What a queue transports.
#[derive(Clone, Debug)]
pub(super) enum QueueItem {
    /// Ticks or a saved world.
    Batch(Arc<Batch>),
    /// The world has ended: no batch of it follows.
    WorldEnded(WorldId),
}

/// The sending end.
pub(super) struct BatchSender {
    sender: SyncSender<QueueItem>,
    shared: Arc<QueueState>,
}

/// The receiving end.
pub(super) struct BatchReceiver {
    receiver: Receiver<QueueItem>,
    shared: Arc<QueueState>,
}

struct QueueState {
    max_batches: usize,
    batches: AtomicUsize,
    bytes: AtomicUsize,
    ending: OnceLock<QueueEnd>,
}

/// The reason why the queue refused an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchSendError {
    /// Too many batches or bytes wait.
    Full,
    /// The receiver is gone.
    Gone,
}

/// What a receiver that waited for a while got.
#[derive(Debug)]
pub(super) enum Received {
    /// An item. If it is a batch, it counts as waiting until [`BatchReceiver::release`].
    Item(QueueItem),
    /// Nothing arrived.
    Nothing,
    /// The queue has ended and is empty.
    Ended,
}

/// Returns both ends.
pub(super) fn batch_queue() -> (BatchSender, BatchReceiver) {
    batch_queue_of(MAX_BATCHES)
}

/// Returns both ends of a queue with room for this many batches.
pub(super) fn batch_queue_of(max_batches: usize) -> (BatchSender, BatchReceiver) {
    let (sender, receiver) = sync_channel(max_batches);
    let shared = Arc::new(QueueState {
        max_batches,
        batches: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
        ending: OnceLock::new(),
    });
    let sender = BatchSender {
        sender,
        shared: Arc::clone(&shared),
    };
    (sender, BatchReceiver { receiver, shared })
}

impl BatchSender {
    /// Sends a batch without blocking.
    pub(super) fn send(&self, batch: &Arc<Batch>) -> Result<(), BatchSendError> {
        if self.bytes() >= MAX_BYTES || self.shared.batches.load(Ordering::Relaxed) >= self.shared.max_batches
        {
            return Err(BatchSendError::Full);
        }
        // Counted before the send, because the receiver may subtract it immediately.
        self.shared.bytes.fetch_add(batch.bytes(), Ordering::Relaxed);
        self.shared.batches.fetch_add(1, Ordering::Relaxed);
        self.try_send(QueueItem::Batch(Arc::clone(batch)))
            .inspect_err(|_| self.shared.release(batch))
    }

    /// Sends that a world has ended, without blocking.
    pub(super) fn end_world(&self, world: WorldId) -> Result<(), BatchSendError> {
        self.try_send(QueueItem::WorldEnded(world))
    }

    fn try_send(&self, item: QueueItem) -> Result<(), BatchSendError> {
        self.sender.try_send(item).map_err(|error| match error {
            TrySendError::Full(_) => BatchSendError::Full,
            TrySendError::Disconnected(_) => BatchSendError::Gone,
        })
    }

    /// Ends the queue. The receiver still gets what waits.
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

impl QueueState {
    fn release(&self, batch: &Batch) {
        self.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
        self.batches.fetch_sub(1, Ordering::Relaxed);
    }
}

impl BatchReceiver {
    /// Returns the next item, or `None` when the queue has ended and is empty.
    pub(super) fn next(&self) -> Option<QueueItem> {
        let item = self.receiver.recv().ok()?;
        if let QueueItem::Batch(batch) = &item {
            self.release(batch);
        }
        Some(item)
    }

    /// Waits for the next item, but not longer than `time`.
    pub(super) fn wait(&self, time: Duration) -> Received {
        match self.receiver.recv_timeout(time) {
            Ok(item) => Received::Item(item),
            Err(RecvTimeoutError::Timeout) => Received::Nothing,
            Err(RecvTimeoutError::Disconnected) => Received::Ended,
        }
    }

    /// Notes that a batch from [`Self::wait`] no longer waits.
    pub(super) fn release(&self, batch: &Batch) {
        self.shared.release(batch);
    }

    /// Returns the next batch if one waits.
    #[cfg(test)]
    pub(super) fn try_next(&self) -> Option<Arc<Batch>> {
        loop {
            if let QueueItem::Batch(batch) = self.receiver.try_recv().ok()? {
                self.release(&batch);
                return Some(batch);
            }
        }
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

    #[test]
    fn a_batch_that_the_receiver_sets_aside_still_counts_as_waiting() {
        let (sender, receiver) = batch_queue_of(2);
        sender.send(&second(1)).unwrap();
        sender.send(&second(61)).unwrap();
        assert_eq!(sender.send(&second(121)), Err(BatchSendError::Full));
        let Received::Item(QueueItem::Batch(aside)) = receiver.wait(Duration::ZERO) else {
            panic!("a batch waits");
        };
        assert_eq!(sender.send(&second(121)), Err(BatchSendError::Full));
        receiver.release(&aside);
        assert_eq!(sender.send(&second(121)), Ok(()));
        assert_eq!(sender.bytes(), second(61).bytes() + second(121).bytes());
    }
}
