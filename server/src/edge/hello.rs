//! The first message of a connection. Until it is valid, nothing of the connection reaches the
//! world.

use std::rc::Rc;

use parlour_shared::{
    close::CloseCode,
    codec::{HELLO_EXAMPLE, SCHEMA},
    limits::{MAX_TOKEN_BYTES, PROTOCOL},
    message::{ClientMessage, Hello},
    text::clean_name,
};

use super::{Rejection, connection::Connection};
use crate::bridge::inbound::InboundKind;

/// The reason in the close frame while the tick does not advance.
pub(super) const FROZEN: &str = "the world stands still: try again later";

/// Handles the first message: opens a session, or closes the connection.
pub(super) fn take(connection: &Rc<Connection>, message: ClientMessage) {
    let hello = match message {
        ClientMessage::Hello(hello) => hello,
        ClientMessage::Bye => {
            connection.close(CloseCode::Normal);
            return;
        }
        _ => {
            let sentence = format!("the first message must be a hello, as in {HELLO_EXAMPLE}");
            connection.reject_saying(Rejection::MessageBeforeHello, &sentence);
            return;
        }
    };
    if let Err((reject, sentence)) = judge(&hello) {
        connection.reject_saying(reject, &sentence);
        return;
    }
    if connection.io.shared.status.is_frozen() {
        connection.reject_saying(Rejection::TickFrozen, FROZEN);
        return;
    }
    // The world makes a name for an empty one.
    let name = clean_name(hello.name).unwrap_or_default();
    connection.open(InboundKind::Open { name });
}

/// Checks whether the hello may open a session. The error never repeats a token.
fn judge(hello: &Hello) -> Result<(), (Rejection, String)> {
    // The token is checked first: a client that fails here learns nothing else.
    match &hello.token {
        None => {}
        Some(token) if token.len() > MAX_TOKEN_BYTES => {
            return Err((
                Rejection::Token,
                format!("a token of more than {MAX_TOKEN_BYTES} bytes"),
            ));
        }
        // A token that was not verified must not pass for one that was.
        Some(_) => {
            let sentence = "this server cannot verify tokens: leave `token` out and connect as a guest";
            return Err((Rejection::Token, sentence.to_owned()));
        }
    }
    if hello.protocol != PROTOCOL {
        let sentence = format!(
            "the server does not speak protocol {}, only {PROTOCOL}",
            hello.protocol
        );
        return Err((Rejection::Version, sentence));
    }
    if hello.schema != 0 && hello.schema != SCHEMA {
        let sentence = format!(
            "the server does not have schema {}, only {SCHEMA}; leave it out if you type the hello",
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

    fn refused(change: impl FnOnce(&mut Hello)) -> Option<Rejection> {
        let mut hello = Hello {
            protocol: PROTOCOL,
            ..Hello::default()
        };
        change(&mut hello);
        judge(&hello).err().map(|(reject, _)| reject)
    }

    #[test]
    fn a_guest_of_this_version_may_open_a_session() {
        assert_eq!(refused(|_| {}), None);
        assert_eq!(refused(|hello| hello.schema = SCHEMA), None);
    }

    #[test]
    fn other_hellos_are_refused_with_a_class() {
        assert_eq!(refused(|hello| hello.protocol = 2), Some(Rejection::Version));
        assert_eq!(
            refused(|hello| hello.schema = SCHEMA.wrapping_add(1).max(1)),
            Some(Rejection::Version)
        );
        assert_eq!(
            refused(|hello| hello.session = Some("x".into())),
            Some(Rejection::Resume)
        );
        assert_eq!(
            refused(|hello| hello.resume = Some("x".into())),
            Some(Rejection::Resume)
        );
        for token in [String::new(), "x".repeat(5000)] {
            let refused = refused(|hello| (hello.token, hello.protocol) = (Some(token), 2));
            assert_eq!(refused, Some(Rejection::Token));
        }
    }
}
