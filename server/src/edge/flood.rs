//! Limits of a connection. They apply before the limits of the world, which are finer and depend on
//! the kind of command.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use parlour_shared::token_bucket::take_token;

use crate::suspension::SuspensionDetector;

/// The maximum number of messages that reach the world between two ticks. Further messages are
/// dropped. A typical client sends one.
const MAX_PER_TICK: u32 = 32;
/// The limit of messages and pongs: 1,000 per second after a burst of 2,000.
const MESSAGES: MessageRate = MessageRate {
    each: Duration::from_millis(1),
    burst: 2000,
};
/// The limit of WebSocket pings. Browsers send none, and libraries send one every few seconds.
const PINGS: MessageRate = MessageRate {
    each: Duration::from_millis(20),
    burst: 100,
};
/// The limit of repeated hellos: the 20th in a minute closes the connection. The world has the same
/// limit for invalid requests.
const HELLOS: MessageRate = MessageRate {
    each: Duration::from_secs(3),
    burst: 19,
};

#[derive(Clone, Copy)]
struct MessageRate {
    /// The time after which one more message is allowed.
    each: Duration,
    burst: u32,
}

/// The limits of one connection.
#[derive(Debug)]
pub(super) struct Flood {
    messages: Bucket,
    pings: Bucket,
    hellos: Bucket,
    /// The step before the last message, and the number of messages since that step.
    since_step: Cell<(u32, u32)>,
}

impl Flood {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            messages: Bucket(Cell::new(now)),
            pings: Bucket(Cell::new(now)),
            hellos: Bucket(Cell::new(now)),
            since_step: Cell::default(),
        }
    }

    /// Counts a message or pong. Returns `false` if it exceeds the limit.
    pub(super) fn message(&self, now: Instant, gaps: &SuspensionDetector) -> bool {
        self.messages.take_token(now, gaps.before_gap(now), MESSAGES)
    }

    /// Counts a ping. Returns `false` if it exceeds the limit.
    pub(super) fn ping(&self, now: Instant, gaps: &SuspensionDetector) -> bool {
        self.pings.take_token(now, gaps.before_gap(now), PINGS)
    }

    /// Counts a repeated hello. Returns `false` if it exceeds the limit.
    pub(super) fn second_hello(&self, now: Instant, gaps: &SuspensionDetector) -> bool {
        self.hellos.take_token(now, gaps.before_gap(now), HELLOS)
    }

    /// Counts a message for the world. Returns `false` if too many arrived since this step.
    pub(super) fn to_world(&self, step: u32) -> bool {
        let count = match self.since_step.get() {
            (last, count) if last == step => count + 1,
            _ => 1,
        };
        self.since_step.set((step, count));
        count <= MAX_PER_TICK
    }
}

/// A token bucket, stored as the moment at which it will be full.
#[derive(Debug)]
struct Bucket(Cell<Instant>);

impl Bucket {
    /// Takes one token. From `full_from` on, the bucket fills beyond its burst: messages that a
    /// client sent while the server did not run arrive together, and must not count as a flood.
    fn take_token(&self, now: Instant, full_from: Instant, rate: MessageRate) -> bool {
        let mut full_at = self.0.get();
        let taken = take_token(&mut full_at, full_from, now, rate.each, rate.each * rate.burst);
        self.0.set(full_at);
        taken.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_allows_its_burst_and_then_its_rate() {
        let now = Instant::now();
        let bucket = Bucket(Cell::new(now));
        let rate = MessageRate {
            each: Duration::from_millis(100),
            burst: 5,
        };
        let taken = |now| (0..100).filter(|_| bucket.take_token(now, now, rate)).count();
        assert_eq!(taken(now), 5);
        assert_eq!(taken(now + Duration::from_millis(210)), 2);
        assert_eq!(taken(now + Duration::from_secs(60)), 5);
    }

    #[test]
    fn messages_that_arrive_together_after_a_gap_are_not_a_flood() {
        let stopped = Instant::now();
        let resumed = stopped + Duration::from_secs(25);
        let (flood, gaps) = (Flood::new(stopped), SuspensionDetector::new(stopped));
        gaps.beat(resumed);
        let taken = |now| (0..100_000).filter(|_| flood.message(now, &gaps)).count();
        assert_eq!(taken(resumed), 25_000 + 2000);
        assert_eq!(taken(resumed), 0, "the burst is used up");
        assert_eq!(taken(resumed + Duration::from_secs(60)), 2000, "the burst only");
    }

    #[test]
    fn messages_per_tick_are_limited() {
        let flood = Flood::new(Instant::now());
        let passed = |step| (0..100).filter(|_| flood.to_world(step)).count();
        assert_eq!(passed(1), 32);
        assert_eq!(passed(2), 32);
    }
}
