//! Limits how often a line is logged that all worlds may log at once.

use std::time::{Duration, Instant};

/// The interval.
const EVERY: Duration = Duration::from_secs(5);

/// The time at which a line was last logged.
#[derive(Debug, Default)]
pub(super) struct LogLimit(Option<Instant>);

impl LogLimit {
    /// Returns whether the line may be logged now. If so, notes that it is.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let allows = self
            .0
            .is_none_or(|last| now.saturating_duration_since(last) >= EVERY);
        if allows {
            self.0 = Some(now);
        }
        allows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_logged_per_interval() {
        let (mut limit, start) = (LogLimit::default(), Instant::now());
        assert!(limit.allows(start) && !limit.allows(start) && !limit.allows(start + EVERY / 2));
        assert!(limit.allows(start + EVERY) && !limit.allows(start + EVERY));
    }
}
