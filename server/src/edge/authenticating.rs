//! Authenticates the client of a connection. While its token is checked, the connection reads
//! nothing, and nothing that it has sent is handled.

use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parlour_shared::{
    ids::Tick,
    message::{Accepted, Authenticate, Durability, Hello, Refusal, Refused, Request, ServerMessage},
    token_bucket::take_token,
};
use tokio::{
    sync::oneshot::{Receiver, error::RecvError},
    task::spawn_local,
};

use super::{
    Rejection,
    admit::admit,
    client::{Target, User, Waiting},
    connection::{Connection, Phase},
    session::Session,
};
use crate::auth::{AuthAnswer, AuthFault, Credential, Identity, RoomGrants, unix_seconds};

/// The maximum number of bytes that a client sends after its hello before the answer. With the
/// hello, they are less than 16 KiB.
const MAX_REST: usize = 8 * 1024;
/// The limit of newer tokens: a burst of 5, and one every 10 s.
const NEWER_TOKENS: (u32, Duration) = (5, Duration::from_secs(10));
/// The time after which a client may send a token again that could not be checked now.
const RETRY_MS: u32 = 1000;
/// A session lasts at most this long, whatever its token says: 10 years.
const LONGEST: u64 = 10 * 365 * 86_400;

impl Connection {
    /// Notes what the client presented with the upgrade.
    pub(super) fn present(&self, credential: Option<Credential>) {
        if credential.is_some() {
            self.client.borrow_mut().get_or_insert_default().presented = credential;
        }
    }

    /// Returns when the token of the user expires.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        self.with_user(|user| user.expires)
    }

    /// Whether what arrives must wait: the token of the hello is being checked, or the connection
    /// is about to be passed to a different thread.
    pub(super) fn is_waiting(&self) -> bool {
        let client = self.client.borrow();
        let client = client.as_ref();
        client.is_some_and(|client| client.waiting.is_some() || client.hand_over.is_some())
    }

    /// Returns where the connection is to be passed, once.
    pub(super) fn take_hand_over(&self) -> Option<Target> {
        self.client.borrow_mut().as_mut()?.hand_over.take()
    }

    /// Returns what waits for the answer of the check, once.
    pub(super) fn take_auth_answer(&self) -> Option<Receiver<AuthAnswer>> {
        let mut client = self.client.borrow_mut();
        client.as_mut()?.waiting.as_mut()?.answer.take()
    }

    /// Keeps what arrived after the hello until the check is done. Returns `false` if it is too
    /// much.
    pub(super) fn keep_rest(&self, bytes: &[u8]) -> bool {
        if bytes.len() > MAX_REST {
            return false;
        }
        if let Some(client) = self.client.borrow_mut().as_mut() {
            client.rest = bytes.to_vec();
        }
        true
    }

    /// Returns what arrived after the hello.
    pub(super) fn take_rest(&self) -> Vec<u8> {
        let mut client = self.client.borrow_mut();
        client
            .as_mut()
            .map_or_else(Vec::new, |client| std::mem::take(&mut client.rest))
    }

    fn with_user<T>(&self, change: impl FnOnce(&mut User) -> T) -> Option<T> {
        self.session()?.with_user(change)
    }
}

/// Handles a hello: admits a guest, or begins to check the token.
pub(super) fn begin(connection: &Rc<Connection>, mut hello: Hello) {
    let shared = &connection.io.shared;
    let presented = connection
        .client
        .borrow_mut()
        .as_mut()
        .and_then(|client| client.presented.take());
    let credential = match (presented, hello.token.take().map(Credential::from_text)) {
        (Some(_), Some(_)) => return refuse(connection, AuthFault::Several),
        (presented, in_hello) => presented.or(in_hello),
    };
    let Some(credential) = credential else {
        // The key of a session is enough to resume it, until the token of its user expires.
        return match shared.guests || hello.session.is_some() {
            true => admit(connection, hello, None),
            false => refuse(connection, AuthFault::NoToken),
        };
    };
    let Some(queue) = &shared.auth else {
        return refuse(connection, AuthFault::NoKeys);
    };
    match queue.authenticate(credential) {
        Ok(answer) => {
            let waiting = Waiting {
                hello: Box::new(hello),
                answer: Some(answer),
            };
            connection.client.borrow_mut().get_or_insert_default().waiting = Some(waiting);
        }
        Err(fault) => refuse(connection, fault),
    }
}

/// Handles the answer of the check of a hello's token.
pub(super) fn finish(connection: &Rc<Connection>, answer: Result<AuthAnswer, RecvError>) {
    let waiting = connection
        .client
        .borrow_mut()
        .as_mut()
        .and_then(|client| client.waiting.take());
    let Some(waiting) = waiting.filter(|_| connection.phase.get() == Phase::Greeting) else {
        return;
    };
    match answered(answer) {
        Ok(identity) => {
            let user = User {
                grants: RoomGrants::new(identity.rooms.clone()),
                expires: expiry(connection, &identity),
                newer_full: connection.io.now(),
                is_checking_newer: false,
                identity: Arc::clone(&identity),
            };
            admit(connection, *waiting.hello, Some(user));
        }
        Err(fault) => refuse(connection, fault),
    }
}

/// The check took too long.
pub(super) fn time_out(connection: &Rc<Connection>) {
    refuse(connection, AuthFault::Busy);
}

/// Handles a newer token. The session goes on until the old one expires.
pub(super) fn renew(connection: &Rc<Connection>, arrived: Instant, message: Authenticate) {
    let request = message.request;
    let (burst, every) = NEWER_TOKENS;
    let taken = connection.with_user(|user| {
        if user.is_checking_newer {
            return Err(Duration::from_millis(RETRY_MS.into()));
        }
        take_token(&mut user.newer_full, arrived, arrived, every, every * burst)
    });
    match taken {
        None => return deny(connection, request, AuthFault::OtherUser),
        Some(Err(wait)) => {
            let retry_after_ms = wait.as_millis().try_into().unwrap_or(u32::MAX);
            return answer(connection, request, Err(Refusal::RateLimited { retry_after_ms }));
        }
        Some(Ok(())) => {}
    }
    let queue = connection.io.shared.auth.as_ref().ok_or(AuthFault::NoKeys);
    match queue.and_then(|queue| queue.authenticate(Credential::from_text(message.token))) {
        Err(fault) => deny(connection, request, fault),
        Ok(receiver) => {
            let Some(session) = connection.session() else {
                return;
            };
            session.with_user(|user| user.is_checking_newer = true);
            let connection = Rc::clone(connection);
            spawn_local(async move {
                let checked = answered(receiver.await);
                renewed(&connection, &session, request, checked);
            });
        }
    }
}

/// Handles the answer for a session, which may have a different connection meanwhile, or none.
fn renewed(connection: &Rc<Connection>, session: &Session, request: Request, checked: AuthAnswer) {
    session.with_user(|user| user.is_checking_newer = false);
    let changed = checked.and_then(|identity| {
        let expires = expiry(connection, &identity);
        let change = |user: &mut User| {
            if user.identity.user != identity.user {
                return Err(AuthFault::OtherUser);
            }
            user.grants.replace(identity.rooms.clone());
            user.expires = expires;
            user.identity = Arc::clone(&identity);
            Ok(())
        };
        session.with_user(change).unwrap_or(Err(AuthFault::OtherUser))
    });
    let io = &connection.io;
    let Some(connection) = &io.find(session.id) else {
        if changed == Err(AuthFault::Banned) {
            return io.end_session(session);
        }
        let refusal = Refusal::RateLimited {
            retry_after_ms: RETRY_MS,
        };
        let result = changed.map_err(|_| refusal);
        io.keep_encoded(session.id, &answer_to(request, result));
        return;
    };
    match changed {
        Ok(()) => {
            connection.schedule_check();
            answer(connection, request, Ok(()));
        }
        Err(AuthFault::Banned) => refuse(connection, AuthFault::Banned),
        Err(fault) => deny(connection, request, fault),
    }
}

/// An error means that the thread has panicked, which closes all connections.
fn answered(answer: Result<AuthAnswer, RecvError>) -> AuthAnswer {
    answer.unwrap_or(Err(AuthFault::Busy))
}

/// Refuses a newer token. The client is not sent the reason.
fn deny(connection: &Rc<Connection>, request: Request, fault: AuthFault) {
    let shared = &connection.io.shared;
    shared.metrics.edge.auth_failures.add(fault, 1);
    let refusal = match Rejection::from(fault) {
        Rejection::AuthUnavailable => Refusal::RateLimited {
            retry_after_ms: RETRY_MS,
        },
        rejection => {
            shared.reject(rejection, connection.peer, &format!("a newer token: {fault}"));
            Refusal::Forbidden
        }
    };
    answer(connection, request, Err(refusal));
}

/// Closes the connection. Only the log has the reason, except for what says nothing about tokens.
fn refuse(connection: &Rc<Connection>, fault: AuthFault) {
    connection.io.shared.metrics.edge.auth_failures.add(fault, 1);
    let rejection = Rejection::from(fault);
    match fault {
        AuthFault::NoKeys => connection.reject_with_reason(
            rejection,
            "this server cannot verify tokens: leave `token` out and connect as a guest",
        ),
        AuthFault::NoToken => {
            connection.reject_with_reason(rejection, "this server takes no guests: send a token")
        }
        AuthFault::Several => connection.reject_with_reason(rejection, "send only one token or ticket"),
        fault => connection.reject(rejection, &fault.to_string()),
    }
}

fn answer(connection: &Rc<Connection>, request: Request, result: Result<(), Refusal>) {
    connection.send_message(&answer_to(request, result));
}

fn answer_to(request: Request, result: Result<(), Refusal>) -> ServerMessage {
    match result {
        Ok(()) => ServerMessage::Accepted(Accepted {
            request,
            // No room is concerned, so there is no tick.
            tick: Tick(0),
            durability: Durability::L0,
            stamp: None,
        }),
        Err(refusal) => ServerMessage::Refused(Refused { request, refusal }),
    }
}

/// Returns when the session of a user must end. Later changes of the machine's clock do not move
/// it.
fn expiry(connection: &Connection, identity: &Identity) -> Instant {
    let shared = &connection.io.shared;
    let expires = identity.expires.saturating_add(shared.leeway.as_secs());
    let left = expires.saturating_sub(unix_seconds(SystemTime::now()));
    connection.io.now() + Duration::from_secs(left.min(LONGEST))
}
