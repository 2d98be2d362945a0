//! The sessions of an I/O thread that have no connection, by the time at which they lost it.

use std::{collections::BTreeSet, time::Instant};

use parlour_shared::ids::SessionId;

use super::session::Session;
use crate::metrics::Gauge;

/// The bytes of messages that may wait for all sessions without a connection together. Beyond this,
/// a session that is sent more loses its messages, and is reset when it resumes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The sessions without a connection.
pub(super) struct DroppedSessions {
    by_time: BTreeSet<(Instant, SessionId)>,
    bytes: usize,
    gauge: Gauge,
}

impl DroppedSessions {
    pub(super) fn new(gauge: Gauge) -> Self {
        Self {
            by_time: BTreeSet::new(),
            bytes: 0,
            gauge,
        }
    }

    /// Adds a session that lost its connection.
    pub(super) fn add(&mut self, session: &Session, since: Instant) {
        self.by_time.insert((since, session.id));
        self.gauge.increment(1);
        self.note_bytes(session, 0);
    }

    /// Removes a session that ends or is about to be resumed, if it has no connection.
    pub(super) fn remove(&mut self, session: &Session) {
        if let Some(since) = session.dropped()
            && self.by_time.remove(&(since, session.id))
        {
            self.bytes -= session.waiting_bytes();
            self.gauge.decrement(1);
        }
    }

    /// Removes an entry whose session does not exist. There should be none.
    pub(super) fn forget(&mut self, since: Instant, id: SessionId) {
        if self.by_time.remove(&(since, id)) {
            self.gauge.decrement(1);
        }
    }

    /// Notes that a session was sent a message. Before, `before` bytes waited.
    pub(super) fn note_bytes(&mut self, session: &Session, before: usize) {
        let bytes = self.bytes + session.waiting_bytes();
        self.bytes = bytes - before;
        if self.bytes > MOST_BYTES {
            self.bytes -= session.waiting_bytes();
            session.lose_messages();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_time.len()
    }

    /// Returns the session that lost its connection first, and when.
    pub(super) fn oldest(&self) -> Option<(Instant, SessionId)> {
        self.by_time.first().copied()
    }

    /// Returns all sessions.
    pub(super) fn ids(&self) -> Vec<SessionId> {
        self.by_time.iter().map(|(_, id)| *id).collect()
    }
}
