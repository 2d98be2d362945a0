//! Resumes sessions: a client comes back over a new connection.

use std::rc::Rc;

use parlour_shared::{
    close::CloseCode,
    json_forms::JsonForms,
    message::{Hello, Resumed as ResumedMessage, ServerMessage},
};

use super::{Rejection, Wire, client::User, connection::Connection, send::SentCounts, session::Session};
use crate::{
    bridge::route,
    session::{ResumeError, ResumeKey, Resumed},
};

/// Resumes the session that the hello names. `user`: that of the hello's token.
pub(super) fn resume(connection: &Rc<Connection>, hello: &Hello, user: Option<User>) {
    let io = &connection.io;
    let name = hello.session.as_deref().unwrap_or_default();
    let Some(id) = Session::id_of(name) else {
        return refuse(connection, ResumeError::WrongKey);
    };
    let thread = route::thread_of(id);
    if thread != io.thread && thread < io.shared.hand_over.threads() {
        connection.hand_over_to(thread, hello.clone(), user);
        return;
    }
    let Some(session) = io.session(id).filter(|session| session.is_resumable()) else {
        let sentence = "the session has ended: connect without `session` and `resume`";
        return connection.reject_with_reason(Rejection::ResumeExpired, sentence);
    };
    let key = hello.resume.as_deref().unwrap_or_default();
    // First, so that without the key nobody learns anything about the session.
    if !session.has_key(key) {
        return refuse(connection, ResumeError::WrongKey);
    }
    if let Err(rejection) = session.may_resume(user.as_ref(), io.now()) {
        return connection.reject(rejection, "the session belongs to a user");
    }
    let since = session.dropped();
    io.dropped.borrow_mut().remove(&session);
    let next = ResumeKey::random();
    match session.resume(key, hello.received, next.clone()) {
        Ok(resumed) => {
            session.renew_user(user);
            take_over(connection, &session, &next, resumed);
        }
        Err(error) => {
            if let Some(since) = since {
                io.dropped.borrow_mut().add(&session, since);
            }
            refuse(connection, error);
        }
    }
}

fn refuse(connection: &Rc<Connection>, error: ResumeError) {
    let (rejection, sentence) = match error {
        ResumeError::WrongKey => (
            Rejection::Resume,
            "`session` and `resume` must be those of the last welcome",
        ),
        ResumeError::NeverSent => (
            Rejection::NeverSent,
            "`received` is more than the server has sent",
        ),
    };
    connection.reject_with_reason(rejection, sentence);
}

/// Lets the session go on over this connection.
fn take_over(connection: &Rc<Connection>, session: &Rc<Session>, key: &ResumeKey, resumed: Resumed) {
    let io = &connection.io;
    if let Some(old) = io.find(session.id) {
        // Its loss was not noticed, or the client has a second connection.
        old.detach();
        old.close(CloseCode::Superseded);
    }
    if !connection.take_over(session) {
        return io.drop_session(session);
    }
    let Resumed {
        heard,
        received,
        reset,
    } = resumed;
    let mut welcome = io.welcome(session, Some(key));
    welcome.resumed = Some(ResumedMessage {
        heard,
        received,
        reset,
    });
    // Each connection of a JSON client has a new transcoder, which needs the room.
    let whole = reset || connection.wire == Wire::Json;
    // Before anything is sent, because a send may find that this connection is lost as well.
    session.route.resume(&io.rings, session.id, whole);
    connection.send_message(&ServerMessage::Welcome(welcome));
    send_missed(connection, session);
    connection.tell_stall();
    let metrics = &io.shared.metrics.edge;
    let counter = if reset { &metrics.resets } else { &metrics.resumes };
    counter.increment(1);
}

/// Sends the messages that the client may not have received.
fn send_missed(connection: &Rc<Connection>, session: &Session) {
    let mut sent = SentCounts::default();
    for (payload, forms) in session.missed() {
        // The connection may be lost again, and then the session keeps them.
        if connection.session_id() != Some(session.id) {
            break;
        }
        let forms = forms.as_deref().unwrap_or(JsonForms::none());
        connection.send_payloads(std::iter::once(&payload[..]), forms, &mut sent);
    }
    sent.add_to(&connection.io.shared.metrics.edge);
}
