//! What happens by itself must not happen all the time.

use std::time::{Duration, Instant};

use super::Reason;

/// One in this time, of each reason: a server that is slow for an hour leaves a dozen files, not thousands.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// When the history was last written out by itself, for each reason.
#[derive(Debug, Default)]
pub(super) struct Throttle(Vec<(Reason, Instant)>);

impl Throttle {
    /// Whether it may be now; counts it if so. What somebody asked for always may.
    pub(super) fn may(&mut self, reason: Reason, now: Instant) -> bool {
        if reason == Reason::Asked {
            return true;
        }
        match self.0.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, last)) if now.saturating_duration_since(*last) < EVERY => false,
            Some((_, last)) => {
                *last = now;
                true
            }
            None => {
                self.0.push((reason, now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_reason_in_five_minutes_and_any_number_when_asked() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        assert!(throttle.may(Reason::Overrun, start));
        assert!(!throttle.may(Reason::Overrun, start + EVERY / 2));
        assert!(throttle.may(Reason::Panic, start + EVERY / 2));
        assert!(throttle.may(Reason::Overrun, start + EVERY));
        assert!(!throttle.may(Reason::Overrun, start + EVERY + EVERY / 2));
        assert!((0..10).all(|_| throttle.may(Reason::Asked, start)));
    }
}
