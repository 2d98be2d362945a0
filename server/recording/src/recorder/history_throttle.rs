//! Limits how often the history is written.

use std::time::{Duration, Instant};

use super::Reason;

/// The interval for each automatic reason: a server that is slow for an hour leaves a dozen files,
/// not thousands.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// The interval for requests.
const EVERY_ASKED: Duration = Duration::from_secs(1);

/// The time at which the history was last written, for each reason.
#[derive(Debug, Default)]
pub(super) struct HistoryThrottle(Vec<(Reason, Instant)>);

impl HistoryThrottle {
    /// Returns whether the history may be written now.
    pub(super) fn allows(&self, reason: Reason, now: Instant) -> bool {
        let every = match reason {
            Reason::Asked => EVERY_ASKED,
            Reason::Overrun | Reason::Panic | Reason::Diverged => EVERY,
        };
        let last = self.0.iter().find(|(known, _)| *known == reason);
        last.is_none_or(|(_, last)| now.saturating_duration_since(*last) >= every)
    }

    /// Notes that the writer has accepted the job.
    pub(super) fn note_accepted(&mut self, reason: Reason, now: Instant) {
        self.0.retain(|(known, _)| *known != reason);
        self.0.push((reason, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_writes_once_in_five_minutes_and_a_request_once_a_second() {
        let mut throttle = HistoryThrottle::default();
        let mut write = |reason, now| {
            let may = throttle.allows(reason, now);
            if may {
                throttle.note_accepted(reason, now);
            }
            may
        };
        let start = Instant::now();
        assert!(write(Reason::Overrun, start));
        assert!(!write(Reason::Overrun, start + EVERY / 2));
        assert!(write(Reason::Panic, start + EVERY / 2));
        assert!(write(Reason::Overrun, start + EVERY));
        assert!(!write(Reason::Overrun, start + EVERY + EVERY / 2));
        assert!(write(Reason::Asked, start));
        assert!(!write(Reason::Asked, start + EVERY_ASKED / 2));
        assert!(write(Reason::Asked, start + EVERY_ASKED));
    }

    #[test]
    fn a_refused_job_does_not_count() {
        let throttle = HistoryThrottle::default();
        let now = Instant::now();
        assert!(throttle.allows(Reason::Overrun, now) && throttle.allows(Reason::Overrun, now));
    }
}
