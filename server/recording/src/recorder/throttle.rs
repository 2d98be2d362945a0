//! What happens by itself must not happen all the time.

use std::time::{Duration, Instant};

use super::Reason;

/// One in this time, of each reason: a server that is slow for an hour leaves a dozen files, not thousands.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// One in this time, if somebody asks.
const EVERY_ASKED: Duration = Duration::from_secs(1);

/// When the history was last written out, for each reason.
#[derive(Debug, Default)]
pub(super) struct Throttle(Vec<(Reason, Instant)>);

impl Throttle {
    /// Whether it may be now.
    pub(super) fn may(&self, reason: Reason, now: Instant) -> bool {
        let every = match reason {
            Reason::Asked => EVERY_ASKED,
            Reason::Overrun | Reason::Panic | Reason::Diverged => EVERY,
        };
        let last = self.0.iter().find(|(known, _)| *known == reason);
        last.is_none_or(|(_, last)| now.saturating_duration_since(*last) >= every)
    }

    /// It is: the writer has taken it.
    pub(super) fn mark(&mut self, reason: Reason, now: Instant) {
        self.0.retain(|(known, _)| *known != reason);
        self.0.push((reason, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_reason_in_five_minutes_and_one_a_second_when_asked() {
        let mut throttle = Throttle::default();
        let mut write = |reason, now| {
            let may = throttle.may(reason, now);
            if may {
                throttle.mark(reason, now);
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
    fn what_was_not_accepted_does_not_count() {
        let throttle = Throttle::default();
        let now = Instant::now();
        assert!(throttle.may(Reason::Overrun, now) && throttle.may(Reason::Overrun, now));
    }
}
