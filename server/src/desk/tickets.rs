//! The tickets of groups, and where their seats are.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use parlour_shared::limits::{RESERVATION_TICKS, TICK_RATE};
use parlour_tick::WorldId;

/// The maximum number of tickets: about 200 bytes each are 13 MB. The limit on joins allows a
/// session about 25 at a time.
pub(super) const MAX_TICKETS: usize = 65_536;
/// The time for which the desk knows a ticket: 5 s longer than the seats are reserved, because the
/// world may be late. The world decides whether a ticket is still valid.
pub(super) const TICKET_LIFE: Duration = Duration::from_secs((RESERVATION_TICKS / TICK_RATE) as u64 + 5);

/// All tickets that may still be valid.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    by_ticket: BTreeMap<String, Ticket>,
    /// In the order in which they expire.
    expiry: VecDeque<(Instant, String)>,
}

/// Where the seats of a ticket are.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) world: WorldId,
    pub(super) room: String,
}

impl Tickets {
    pub(super) fn is_full(&self) -> bool {
        self.by_ticket.len() >= MAX_TICKETS
    }

    pub(super) fn insert(&mut self, ticket: String, seats: Ticket, now: Instant) {
        self.expiry.push_back((now + TICKET_LIFE, ticket.clone()));
        self.by_ticket.insert(ticket, seats);
    }

    pub(super) fn get(&self, ticket: &str) -> Option<&Ticket> {
        self.by_ticket.get(ticket)
    }

    /// Forgets expired tickets.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((expires, _)) = self.expiry.front()
            && *expires <= now
            && let Some((_, ticket)) = self.expiry.pop_front()
        {
            self.by_ticket.remove(&ticket);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_ticket.len()
    }
}
