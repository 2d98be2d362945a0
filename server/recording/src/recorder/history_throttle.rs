//! Limits how often the history is written.

use std::time::{Duration, Instant};

use super::Reason;

/// The interval for each automatic reason: a server that is slow for an hour leaves a dozen files,
/// not thousands.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// The interval for requests.
const EVERY_ASKED: Duration = Duration::from_secs(1);
/// The number of files in an interval after panics: a world that panics again after its recovery
/// ends, and both panics must be on the disk.
const PANICS: usize = 2;

/// The times at which the history of a world was last written, for each reason.
#[derive(Debug, Default)]
pub(super) struct HistoryThrottle(Vec<(Reason, Instant)>);

impl HistoryThrottle {
    /// Returns whether the history may be written now.
    pub(super) fn allows(&self, reason: Reason, now: Instant) -> bool {
        let recent = self
            .0
            .iter()
            .filter(|(known, at)| *known == reason && now.saturating_duration_since(*at) < every(reason));
        recent.count() < files(reason)
    }

    /// Notes that the writer has accepted the job.
    pub(super) fn note_accepted(&mut self, reason: Reason, now: Instant) {
        self.0
            .retain(|(known, at)| now.saturating_duration_since(*at) < every(*known));
        self.0.push((reason, now));
    }
}

/// Returns the interval of a reason.
fn every(reason: Reason) -> Duration {
    match reason {
        Reason::Asked => EVERY_ASKED,
        Reason::Overrun | Reason::Panic | Reason::Diverged => EVERY,
    }
}

/// Returns the maximum number of files in that interval.
fn files(reason: Reason) -> usize {
    match reason {
        Reason::Panic => PANICS,
        Reason::Asked | Reason::Overrun | Reason::Diverged => 1,
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
        let start = start + EVERY + EVERY;
        assert!(write(Reason::Asked, start));
        assert!(!write(Reason::Asked, start + EVERY_ASKED / 2));
        assert!(write(Reason::Asked, start + EVERY_ASKED));
    }

    #[test]
    fn two_panics_in_five_minutes_are_written() {
        let mut throttle = HistoryThrottle::default();
        let start = Instant::now();
        for (seconds, written) in [
            (0, true),
            (9, true),
            (20, false),
            (299, false),
            (300, true),
            (301, false),
            (309, true),
        ] {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(throttle.allows(Reason::Panic, now), written, "{seconds}");
            if written {
                throttle.note_accepted(Reason::Panic, now);
            }
        }
    }

    #[test]
    fn a_refused_job_does_not_count() {
        let throttle = HistoryThrottle::default();
        let now = Instant::now();
        assert!(throttle.allows(Reason::Overrun, now) && throttle.allows(Reason::Overrun, now));
    }
}
