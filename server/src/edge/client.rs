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
    pub(super) user: Option<User>,
}

/// A hello whose token is being checked.
pub(super) struct Waiting {
    pub(super) hello: Box<Hello>,
    pub(super) answer: Option<Receiver<AuthAnswer>>,
}

/// The user of a session.
pub(super) struct User {
    pub(super) identity: Arc<Identity>,
    pub(super) grants: RoomGrants,
    pub(super) expires: Instant,
    /// The bucket of newer tokens: when it is full.
    pub(super) newer_full: Instant,
    pub(super) is_checking_newer: bool,
}
