//! A session on its I/O thread. It outlives its connections: after one was lost, the session waits
//! for the next one.

use std::{cell::RefCell, sync::Arc, time::Instant};

use parlour_shared::{
    ids::{PlayerId, SessionId},
    json_forms::JsonForms,
    message::ClientKind,
};
use parlour_tick::Arrival;

use super::{Rejection, client::User};
use crate::{
    auth::RoomGrants,
    bridge::session_route::SessionRoute,
    session::{LoggedMessage, ResumeError, ResumeKey, Resumed, SessionState},
};

/// A session. The connection that it has at the moment, and the table of sessions, refer to it.
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) player: PlayerId,
    pub(super) name: String,
    pub(super) route: SessionRoute,
    /// `None`: the player is a guest.
    user: RefCell<Option<User>>,
    /// `None`: it ends with its connection.
    state: Option<RefCell<SessionState>>,
}

impl Session {
    /// Returns a new session. Without a key, it cannot be resumed.
    pub(super) fn new(id: SessionId, player: &Arrival, key: Option<ResumeKey>) -> Self {
        Self {
            id,
            player: player.player,
            name: player.name.clone(),
            route: SessionRoute::default(),
            user: RefCell::new(None),
            state: key.map(|key| RefCell::new(SessionState::new(key))),
        }
    }

    /// Returns the id of a session with this name.
    pub(super) fn id_of(name: &str) -> Option<SessionId> {
        let id = SessionId(u64::from_str_radix(name, 16).ok()?);
        (name_of(id) == name).then_some(id)
    }

    /// Returns the name that the client is given, if it can resume the session.
    pub(super) fn name_for_client(&self) -> Option<String> {
        self.state.as_ref().map(|_| name_of(self.id))
    }

    /// Whether it outlives its connection.
    pub(super) fn is_resumable(&self) -> bool {
        self.state.is_some()
    }

    /// Returns the rooms that the user may join. `None`: the player is a guest.
    pub(super) fn grants(&self) -> Option<RoomGrants> {
        self.with_user(|user| user.grants())
    }

    /// Changes the user, if there is one.
    pub(super) fn with_user<T>(&self, change: impl FnOnce(&mut User) -> T) -> Option<T> {
        self.user.borrow_mut().as_mut().map(change)
    }

    /// Takes over the user of a newer token, which is the same one.
    pub(super) fn renew_user(&self, newer: Option<User>) {
        let mut user = self.user.borrow_mut();
        match (&mut *user, newer) {
            (_, None) => {}
            (Some(user), Some(newer)) => user.renew(newer),
            (none @ None, newer) => *none = newer,
        }
    }

    /// Checks whether a client with this token may resume the session: only the same user, and
    /// without a token only until the last one expires.
    pub(super) fn may_resume(&self, user: Option<&User>, now: Instant) -> Result<(), Rejection> {
        match (&*self.user.borrow(), user) {
            (None, None) => Ok(()),
            (Some(own), None) if own.has_expired(now) => Err(Rejection::TokenExpired),
            (Some(_), None) => Ok(()),
            (Some(own), Some(user)) if own.id() == user.id() => Ok(()),
            (None | Some(_), Some(_)) => Err(Rejection::Resume),
        }
    }

    /// Notes a message for the client, until the client says that it has received it. If more than
    /// `limit` bytes wait, the oldest ones are lost.
    pub(super) fn note_sent(&self, payload: &[u8], forms: Option<&Arc<JsonForms>>, limit: usize) {
        if let Some(state) = &self.state {
            state.borrow_mut().note_sent(payload, forms, limit);
        }
    }

    /// Notes a message of the client.
    pub(super) fn note_heard(&self, kind: ClientKind) {
        if let Some(state) = &self.state {
            state.borrow_mut().note_heard(kind);
        }
    }

    /// Notes how many messages the client has received.
    ///
    /// # Errors
    /// If that many were not sent.
    pub(super) fn acknowledge(&self, received: u32) -> Result<(), ResumeError> {
        let state = self.state.as_ref();
        state.map_or(Ok(()), |state| state.borrow_mut().acknowledge(received))
    }

    /// Notes that the connection was lost.
    pub(super) fn drop_link(&self, now: Instant) {
        if let Some(state) = &self.state {
            state.borrow_mut().drop_link(now);
        }
    }

    /// Returns when its connection was lost, or `None` if it has one.
    pub(super) fn dropped(&self) -> Option<Instant> {
        self.state.as_ref()?.borrow().dropped()
    }

    /// Returns whether this is the key with which the session can be resumed.
    pub(super) fn has_key(&self, key: &str) -> bool {
        let state = self.state.as_ref();
        state.is_some_and(|state| state.borrow().has_key(key))
    }

    /// Lets the session go on over a new connection.
    ///
    /// # Errors
    /// [`ResumeError`], and then nothing has changed.
    pub(super) fn resume(&self, key: &str, received: u32, next: ResumeKey) -> Result<Resumed, ResumeError> {
        let state = self.state.as_ref().ok_or(ResumeError::WrongKey)?;
        state.borrow_mut().resume(key, received, next)
    }

    /// Returns copies of the messages that wait, in order, with their forms. A send may change the
    /// state of the session.
    pub(super) fn missed(&self) -> Vec<(Vec<u8>, Option<Arc<JsonForms>>)> {
        let copy = |missed: LoggedMessage<'_>| (missed.payload.to_vec(), missed.forms.cloned());
        let state = self.state.as_ref();
        state.map_or_else(Vec::new, |state| state.borrow().missed().map(copy).collect())
    }

    /// Returns the number of bytes that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        let state = self.state.as_ref();
        state.map_or(0, |state| state.borrow().waiting_bytes())
    }

    /// Notes that messages for the client are lost. It is reset when it resumes.
    pub(super) fn lose_messages(&self) {
        if let Some(state) = &self.state {
            state.borrow_mut().lose_messages();
        }
    }
}

fn name_of(id: SessionId) -> String {
    format!("{:x}", id.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_one_session() {
        for id in [0, 1, (1 << 53) - 1] {
            assert_eq!(Session::id_of(&name_of(SessionId(id))), Some(SessionId(id)));
        }
        for wrong in ["", "01", "+1", "-1", "G", "A", "0x1", "1 ", "fffffffffffffffff"] {
            assert_eq!(Session::id_of(wrong), None, "{wrong}");
        }
    }
}
