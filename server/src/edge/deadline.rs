//! A time limit that begins again when the thread was not run.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::connection::IoThread;

/// A time limit: so long from a moment on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    begin: Instant,
    limit: Duration,
}

impl Deadline {
    /// So long from now on.
    pub(super) fn after(limit: Duration, now: Instant) -> Self {
        Self { begin: now, limit }
    }

    /// The same, but at most so long from now on.
    pub(super) fn or_after(self, limit: Duration, now: Instant) -> Self {
        let left = (self.begin + self.limit).saturating_duration_since(now);
        Self::after(left.min(limit), now)
    }

    /// The same, but at least so long from its beginning.
    pub(super) fn at_least(self, limit: Duration) -> Self {
        Self::after(self.limit.max(limit), self.begin)
    }

    /// How long it is, in words: `within 5 s`.
    pub(super) fn in_words(&self) -> String {
        format!("within {} s", self.limit.as_secs_f64())
    }

    /// Waits for something; `None` if the time is over before.
    pub(super) async fn wait_for<F: Future + Unpin>(
        &self,
        io: &IoThread,
        mut future: F,
    ) -> Option<F::Output> {
        loop {
            let until = io.running.fresh(self.begin) + self.limit;
            if let Ok(output) = timeout_at(until.into(), &mut future).await {
                return Some(output);
            }
            if io.now() >= io.running.fresh(self.begin) + self.limit {
                return None;
            }
        }
    }
}
