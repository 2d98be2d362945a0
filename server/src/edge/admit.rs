//! Admits a client whose token was checked, or a guest: opens or resumes its session.

use std::rc::Rc;

use parlour_shared::{
    codec::SCHEMA,
    limits::{MAX_NAME_CHARS, PROTOCOL},
    message::{Hello, ServerMessage},
    text::clean_name,
};

use super::{Rejection, client::User, connection::Connection, resume};
use crate::session::ResumeKey;

/// The reason in the close frame while the tick does not advance.
pub(super) const FROZEN: &str = "the world stands still: try again later";

/// Opens or resumes a session for a guest, or for the user of a valid token.
pub(super) fn admit(connection: &Rc<Connection>, hello: Hello, user: Option<User>) {
    if let Err((rejection, sentence)) = judge(&hello) {
        connection.reject_with_reason(rejection, &sentence);
        return;
    }
    let io = &connection.io;
    if io.shared.status.is_frozen() {
        connection.reject_with_reason(Rejection::TickFrozen, FROZEN);
        return;
    }
    let resumes = hello.session.is_some() || hello.resume.is_some();
    if !connection.may_open(resumes) {
        connection.reject(Rejection::TooManyConnections, "");
        return;
    }
    if resumes {
        resume::resume(connection, &hello, user);
        return;
    }
    let in_token = user.as_ref().and_then(User::name);
    let player = io.shared.welcomes.admit(name(hello.name, in_token));
    let key = io.shared.options.is_resumable().then(ResumeKey::random);
    if let Some(session) = connection.open(player, key.clone(), user) {
        let welcome = io.welcome(&session, key.as_ref());
        connection.send_message(&ServerMessage::Welcome(welcome));
    }
}

/// Returns the name of the player. That of the token has precedence, so that nobody can take a
/// different one. If it is not valid, the server picks one.
fn name(in_hello: String, in_token: Option<&str>) -> String {
    let name = match in_token {
        Some(name) => name.chars().take(MAX_NAME_CHARS).collect(),
        None => in_hello,
    };
    clean_name(name).unwrap_or_default()
}

/// Checks whether the hello may open a session.
fn judge(hello: &Hello) -> Result<(), (Rejection, String)> {
    if hello.protocol != PROTOCOL {
        let sentence = format!(
            "the server does not speak protocol {}, only {PROTOCOL}",
            hello.protocol
        );
        return Err((Rejection::Version, sentence));
    }
    if hello.schema != 0 && hello.schema != SCHEMA {
        let sentence = format!(
            "the server does not have schema {}, only {SCHEMA}: leave `schema` out if you type the hello",
            hello.schema
        );
        return Err((Rejection::Version, sentence));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection_of(change: impl FnOnce(&mut Hello)) -> Option<Rejection> {
        let mut hello = Hello {
            protocol: PROTOCOL,
            ..Hello::default()
        };
        change(&mut hello);
        judge(&hello).err().map(|(rejection, _)| rejection)
    }

    #[test]
    fn a_guest_of_this_version_may_open_a_session() {
        assert_eq!(rejection_of(|_| {}), None);
        assert_eq!(rejection_of(|hello| hello.schema = SCHEMA), None);
    }

    #[test]
    fn the_name_of_the_token_has_precedence() {
        let named = |in_token: Option<&str>| name("Eve".to_owned(), in_token);
        assert_eq!(name(" Eve ".to_owned(), None), "Eve");
        assert_eq!(named(None), "Eve");
        assert_eq!(named(Some(" Ada  Lovelace")), "Ada Lovelace");
        assert_eq!(named(Some(&"x".repeat(99))), "x".repeat(24));
        assert_eq!(named(Some("\u{7}")), "", "the server picks a name");
    }

    #[test]
    fn invalid_hellos_are_rejected_with_a_class() {
        assert_eq!(rejection_of(|hello| hello.protocol = 2), Some(Rejection::Version));
        assert_eq!(
            rejection_of(|hello| hello.schema = SCHEMA.wrapping_add(1).max(1)),
            Some(Rejection::Version)
        );
    }
}
