//! One-time tickets, for clients that cannot send a header with their upgrade request.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Identity;

/// The time in which a ticket must be used.
pub(crate) const TICKET_LIFE: Duration = Duration::from_secs(10);
/// The maximum number of tickets: about 300 bytes each are 3 MB.
const MAX_TICKETS: usize = 10_000;
/// The maximum number of tickets of one user.
const MAX_OF_USER: usize = 8;

/// The tickets that may still be used.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    by_ticket: HashMap<String, Arc<Identity>>,
    /// In the order in which they expire. A used ticket stays here until then.
    expiry: VecDeque<(Instant, String)>,
    by_user: HashMap<String, usize>,
}

impl Tickets {
    /// Makes a ticket of 128 random bits. Returns `None` if there are too many, of this user or
    /// altogether, or if the system has no random numbers.
    pub(super) fn issue(&mut self, identity: Arc<Identity>, now: Instant) -> Option<String> {
        self.expire(now);
        let of_user = self.by_user.get(&identity.user).copied().unwrap_or_default();
        if self.expiry.len() >= MAX_TICKETS || of_user >= MAX_OF_USER {
            return None;
        }
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).ok()?;
        let ticket = URL_SAFE_NO_PAD.encode(bits);
        *self.by_user.entry(identity.user.clone()).or_default() += 1;
        self.expiry.push_back((now + TICKET_LIFE, ticket.clone()));
        self.by_ticket.insert(ticket.clone(), identity);
        Some(ticket)
    }

    /// Returns the user of a ticket, which is used up then.
    pub(super) fn redeem(&mut self, ticket: &str, now: Instant) -> Option<Arc<Identity>> {
        self.expire(now);
        let identity = self.by_ticket.remove(ticket)?;
        self.forget_one_of(&identity.user);
        Some(identity)
    }

    fn expire(&mut self, now: Instant) {
        while let Some((expires, _)) = self.expiry.front()
            && *expires <= now
            && let Some((_, ticket)) = self.expiry.pop_front()
        {
            if let Some(identity) = self.by_ticket.remove(&ticket) {
                self.forget_one_of(&identity.user);
            }
        }
    }

    fn forget_one_of(&mut self, user: &str) {
        if let Some(count) = self.by_user.get_mut(user) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_user.remove(user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(user: &str) -> Arc<Identity> {
        let claims = serde_json::Map::new();
        Arc::new(Identity::read(user.to_owned(), 9, &claims).unwrap())
    }

    #[test]
    fn a_ticket_is_used_once_within_ten_seconds() {
        let (mut tickets, start) = (Tickets::default(), Instant::now());
        let (one, two) = (
            tickets.issue(identity("ada"), start),
            tickets.issue(identity("ada"), start),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.len(), one == two), (22, false));
        assert_eq!(tickets.redeem("other", start), None);
        let almost = start + TICKET_LIFE - Duration::from_millis(1);
        assert_eq!(tickets.redeem(&one, almost).unwrap().user, "ada");
        assert_eq!(tickets.redeem(&one, almost), None);
        assert_eq!(tickets.redeem(&two, start + TICKET_LIFE), None);
        assert!(tickets.by_ticket.is_empty() && tickets.expiry.is_empty() && tickets.by_user.is_empty());
    }

    #[test]
    fn a_user_has_at_most_8_tickets_and_all_users_10_000() {
        let (mut tickets, now) = (Tickets::default(), Instant::now());
        let first: Vec<_> = (0..8)
            .map(|_| tickets.issue(identity("ada"), now).unwrap())
            .collect();
        assert_eq!(tickets.issue(identity("ada"), now), None);
        assert!(tickets.redeem(&first[0], now).is_some() && tickets.issue(identity("ada"), now).is_some());
        let issued = (0..10_000).filter(|n| tickets.issue(identity(&n.to_string()), now).is_some());
        assert_eq!(issued.count(), 9_991, "9 were for ada");
        assert!(tickets.issue(identity("eve"), now + TICKET_LIFE).is_some());
    }
}
