//! Notices that the server is gone although the connection looks open.

use std::time::{Duration, Instant};

/// Bounds of what the server may say about its heartbeat.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);

/// What the silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The server has something to answer until then.
    Until(Instant),
    /// Ping it.
    Ping,
    /// It did not answer: it is gone, after so long.
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

    /// The server says how often it looks whether a client is there; the client does the same.
    pub(super) fn set(&mut self, every_ms: u32) {
        self.every = Duration::from_millis(every_ms.into()).clamp(SHORTEST, LONGEST);
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    pub(super) fn pinged(&mut self, now: Instant) {
        self.pinged = Some(now);
    }

    /// To be called when all that came was heard. Silence without a ping is no sign: nobody may have read.
    pub(super) fn look(&self, now: Instant) -> Silence {
        let (since, then) = match self.pinged {
            None => (self.heard, Silence::Ping),
            Some(at) => (at, Silence::Gone(now.saturating_duration_since(self.heard))),
        };
        let until = since + self.every;
        if now < until { Silence::Until(until) } else { then }
    }
}
