//! A time limit that starts again after a time in which the thread did not run.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::connection::IoThread;

/// A time limit: a moment, and a length from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    begin: Instant,
    limit: Duration,
}

impl Deadline {
    /// Returns a limit of this length from now on.
    pub(super) fn after(limit: Duration, now: Instant) -> Self {
        Self { begin: now, limit }
    }

    /// Returns the rest of this limit, shortened to at most this length from now on.
    pub(super) fn or_after(self, limit: Duration, now: Instant) -> Self {
        let left = (self.begin + self.limit).saturating_duration_since(now);
        Self::after(left.min(limit), now)
    }

    /// Returns this limit, extended to at least this length from its start.
    pub(super) fn at_least(self, limit: Duration) -> Self {
        Self::after(self.limit.max(limit), self.begin)
    }

    /// Returns its length in words: `within 5 s`.
    pub(super) fn in_words(&self) -> String {
        format!("within {} s", self.limit.as_secs_f64())
    }

    /// Waits for a future. Returns `None` if the time is over first.
    pub(super) async fn wait_for<F: Future + Unpin>(
        &self,
        io: &IoThread,
        mut future: F,
    ) -> Option<F::Output> {
        loop {
            let until = io.gaps.after_gap(self.begin) + self.limit;
            if let Ok(output) = timeout_at(until.into(), &mut future).await {
                return Some(output);
            }
            if io.now() >= io.gaps.after_gap(self.begin) + self.limit {
                return None;
            }
        }
    }
}
