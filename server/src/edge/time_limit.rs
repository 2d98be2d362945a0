//! A time limit that starts again if the thread did not run for a while.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::connection::IoThread;

/// A time limit: its start and its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLimit {
    begin: Instant,
    limit: Duration,
}

impl TimeLimit {
    /// Returns a limit that starts now.
    pub(super) fn after(limit: Duration, now: Instant) -> Self {
        Self { begin: now, limit }
    }

    /// Returns a limit that starts now, and lasts for the rest of this limit, but at most `limit`.
    pub(super) fn shortened_to(self, limit: Duration, now: Instant) -> Self {
        let left = (self.begin + self.limit).saturating_duration_since(now);
        Self::after(left.min(limit), now)
    }

    /// Returns this limit, extended to at least this length.
    pub(super) fn at_least(self, limit: Duration) -> Self {
        Self::after(self.limit.max(limit), self.begin)
    }

    /// Returns the length as text, such as `within 5 s`.
    pub(super) fn in_words(&self) -> String {
        format!("within {} s", self.limit.as_secs_f64())
    }

    /// Waits for a future. Returns `None` if the time limit passes first.
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
