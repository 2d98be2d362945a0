//! The state of a client that sends a token.

use std::{sync::Arc, time::Instant};

use parlour_shared::message::Hello;
use tokio::sync::oneshot::Receiver;

use crate::auth::{AuthAnswer, Credential, Identity, RoomGrants};

/// What a connection knows about its client. Connections of guests have none.
#[derive(Default)]
pub(super) struct Client {
    /// What the client presented with the upgrade, until its hello arrives.
    pub(super) presented: Option<Credential>,
    /// The hello whose token is being checked.
    pub(super) waiting: Option<Waiting>,
    /// What arrived after that hello.
    pub(super) rest: Vec<u8>,
    /// The thread to which the connection is about to be passed.
    pub(super) hand_over: Option<Target>,
}

/// A hello whose token is being checked.
pub(super) struct Waiting {
    pub(super) hello: Box<Hello>,
    pub(super) answer: Option<Receiver<AuthAnswer>>,
}

/// The user of a session. It stays with the session over its connections.
pub(super) struct User {
    pub(super) identity: Arc<Identity>,
    pub(super) grants: RoomGrants,
    pub(super) expires: Instant,
    /// The bucket of newer tokens: when it is full.
    pub(super) newer_full: Instant,
    pub(super) is_checking_newer: bool,
}

/// Why a connection is passed on to a different I/O thread: its client resumes a session of that
/// thread.
pub(super) struct Target {
    pub(super) thread: usize,
    pub(super) hello: Hello,
    pub(super) user: Option<User>,
}

impl User {
    /// Returns the id of the user.
    pub(super) fn id(&self) -> &str {
        &self.identity.user
    }

    /// Returns the name in the token.
    pub(super) fn name(&self) -> Option<&str> {
        self.identity.name.as_deref()
    }

    /// Returns the rooms that the user may join.
    pub(super) fn grants(&self) -> RoomGrants {
        self.grants.clone()
    }

    /// Whether the token has expired.
    pub(super) fn has_expired(&self, now: Instant) -> bool {
        now >= self.expires
    }

    /// Takes over a newer token of the same user.
    pub(super) fn renew(&mut self, newer: Self) {
        self.grants.replace(newer.identity.rooms.clone());
        self.expires = newer.expires;
        self.identity = newer.identity;
    }
}
