//! Detects a server that no longer responds although the connection is open.

use std::time::{Duration, Instant};

/// The bounds for the heartbeat interval of the server.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(600);

/// The reaction to a silent server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// Wait until this moment.
    Until(Instant),
    /// Send a ping.
    Ping,
    /// The server did not answer the ping. It has been silent for this long.
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

    /// Sets the heartbeat interval of the server. The client checks the server as often.
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

    /// Call this only after reading everything that has arrived. Before a ping, silence
    /// does not show that the server is gone, because the program may not have read.
    pub(super) fn look(&self, now: Instant) -> Silence {
        let (since, then) = match self.pinged {
            None => (self.heard, Silence::Ping),
            Some(at) => (at, Silence::Gone(now.saturating_duration_since(self.heard))),
        };
        let until = since + self.every;
        if now < until { Silence::Until(until) } else { then }
    }
}
