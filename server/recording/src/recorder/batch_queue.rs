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

/// Batches that may wait: one a second, so this is time enough for any disk that still turns.
const MAX_BATCHES: usize = 128;
/// Bytes after which no more is taken. One batch may go over it, for a saved world is never taken apart.
const MAX_BYTES: usize = 64 << 20;

/// Why it ends, and a few words about it.
pub(super) type QueueEnd = (EndReason, String);

/// The end that sends.
pub(super) struct BatchSender {
    sender: SyncSender<Arc<Batch>>,
    shared: Arc<Shared>,
}

/// The end that takes in.
pub(super) struct BatchReceiver {
    receiver: Receiver<Arc<Batch>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    bytes: AtomicUsize,
    ending: OnceLock<QueueEnd>,
}

/// Why a batch was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// Too much waits.
    Full,
    /// Nobody takes it in any more.
    Gone,
}

/// Both ends.
pub(super) fn batch_queue() -> (BatchSender, BatchReceiver) {
    let (sender, receiver) = sync_channel(MAX_BATCHES);
    let shared = Arc::<Shared>::default();
    let sender = BatchSender {
        sender,
        shared: Arc::clone(&shared),
    };
    (sender, BatchReceiver { receiver, shared })
}

impl BatchSender {
    /// Sends without waiting.
    pub(super) fn send(&self, batch: &Arc<Batch>) -> Result<(), NotTaken> {
        if self.bytes() >= MAX_BYTES {
            return Err(NotTaken::Full);
        }
        // Before it is sent, or it could be taken off first.
        self.shared.bytes.fetch_add(batch.bytes(), Ordering::Relaxed);
        self.sender.try_send(Arc::clone(batch)).map_err(|error| {
            self.shared.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => NotTaken::Full,
                TrySendError::Disconnected(_) => NotTaken::Gone,
            }
        })
    }

    /// Nothing comes any more; what waits is still taken in.
    pub(super) fn end(self, reason: EndReason, text: String) {
        let _ = self.shared.ending.set((reason, text));
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

/// A sender that is gone because its thread panicked must not look like one that was stopped. Either way the other end can
/// see that nothing more comes without taking in what waits.
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
    /// The next batch; none when nothing comes any more.
    pub(super) fn next(&self) -> Option<Arc<Batch>> {
        let batch = self.receiver.recv().ok()?;
        self.shared.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
        Some(batch)
    }

    /// The next batch, if one waits.
    #[cfg(test)]
    pub(super) fn try_next(&self) -> Option<Arc<Batch>> {
        let batch = self.receiver.try_recv().ok()?;
        self.shared.bytes.fetch_sub(batch.bytes(), Ordering::Relaxed);
        Some(batch)
    }

    /// Whether nothing comes any more but what waits.
    pub(super) fn is_ended(&self) -> bool {
        self.shared.ending.get().is_some()
    }

    /// Why nothing comes any more.
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
    fn a_recorder_that_panics_is_not_one_that_was_stopped() {
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
    fn one_that_is_dropped_was_stopped() {
        let (sender, receiver) = batch_queue();
        sender.send(&second(1)).unwrap();
        assert!(!receiver.is_ended());
        drop(sender);
        assert!(receiver.is_ended(), "before what waits is taken in");
        assert_eq!(receiver.ending(), (EndReason::Stopped, String::new()));
        assert!(receiver.next().is_some() && receiver.next().is_none());
    }
}
