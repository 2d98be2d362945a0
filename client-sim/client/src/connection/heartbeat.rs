//! Notices that the server is gone although the connection still looks open.

use std::time::{Duration, Instant};

/// Bounds for the heartbeat interval that the server asks for.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(600);

/// What to do about the server's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The server has until then to send something.
    Until(Instant),
    /// Ping it.
    Ping,
    /// The server did not answer: it is gone, after this long without a message.
    Gone(Duration),
}

#[derive(Debug)]
pub(super) struct Heartbeat {
    every: Duration,
    heard: Instant,
    pinged: Option<Instant>,
}

impl Heartbeat {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            every: Duration::from_secs(10),
            heard: now,
            pinged: None,
        }
    }

    /// Sets the interval at which the server checks that a client is there; the client checks the
    /// server as often.
    pub(super) fn set(&mut self, every_ms: u32) {
        self.every = Duration::from_millis(every_ms.into()).clamp(MIN_INTERVAL, MAX_INTERVAL);
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    pub(super) fn pinged(&mut self, now: Instant) {
        self.pinged = Some(now);
    }

    /// Call this only after reading everything that has arrived. Silence without a ping proves
    /// nothing: perhaps nobody read.
    pub(super) fn look(&self, now: Instant) -> Silence {
        let (since, then) = match self.pinged {
            None => (self.heard, Silence::Ping),
            Some(at) => (at, Silence::Gone(now.saturating_duration_since(self.heard))),
        };
        let until = since + self.every;
        if now < until { Silence::Until(until) } else { then }
    }
}
