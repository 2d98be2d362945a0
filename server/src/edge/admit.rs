//! Admits a client whose token was checked, or a guest: opens its session.

use std::rc::Rc;

use parlour_shared::{
    codec::SCHEMA,
    limits::{MAX_NAME_CHARS, PROTOCOL},
    message::{Hello, ServerMessage},
    text::clean_name,
};

use super::{Rejection, connection::Connection};
use crate::auth::Identity;

/// The reason in the close frame while the tick does not advance.
pub(super) const FROZEN: &str = "the world stands still: try again later";

/// Opens a session for a guest, or for the user of a valid token.
pub(super) fn admit(connection: &Rc<Connection>, hello: Hello, identity: Option<&Identity>) {
    if let Err((rejection, sentence)) = judge(&hello) {
        connection.reject_with_reason(rejection, &sentence);
        return;
    }
    if connection.io.shared.status.is_frozen() {
        connection.reject_with_reason(Rejection::TickFrozen, FROZEN);
        return;
    }
    let shared = &connection.io.shared;
    let player = shared.welcomes.admit(name(hello.name, identity));
    let heartbeat = shared.options.heartbeat.as_millis();
    let welcome = shared
        .welcomes
        .welcome(&player, heartbeat.try_into().unwrap_or(u32::MAX));
    connection.open(player);
    connection.send_message(&ServerMessage::Welcome(welcome));
}

/// Returns the name of the player. That of the token has precedence, so that nobody can take a
/// different one. If it is not valid, the server picks one.
fn name(in_hello: String, identity: Option<&Identity>) -> String {
    let in_token = identity.and_then(|identity| identity.name.as_ref());
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
    if hello.session.is_some() || hello.resume.is_some() {
        let sentence = "this server cannot resume a session: leave `session` and `resume` out";
        return Err((Rejection::Resume, sentence.to_owned()));
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
        let named = |in_token: Option<&str>| {
            let claims = serde_json::json!({ "sub": "ada", "name": in_token });
            let mut claims = claims.as_object().unwrap().clone();
            claims.retain(|_, value| !value.is_null());
            let identity = Identity::of_claims(&claims);
            name("Eve".to_owned(), Some(&identity))
        };
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
        assert_eq!(
            rejection_of(|hello| hello.session = Some("x".into())),
            Some(Rejection::Resume)
        );
        assert_eq!(
            rejection_of(|hello| hello.resume = Some("x".into())),
            Some(Rejection::Resume)
        );
    }
}
