//! Handles the first message of a connection. Before a valid hello, nothing that the client sends
//! reaches the world.

use std::rc::Rc;

use parlour_shared::{
    close::CloseCode,
    codec::{HELLO_EXAMPLE, SCHEMA},
    limits::{MAX_TOKEN_BYTES, PROTOCOL},
    message::{ClientMessage, Hello, ServerMessage},
    text::clean_name,
};

use super::{Rejection, connection::Connection};

/// The reason in the close frame while the tick does not advance.
pub(super) const FROZEN: &str = "the world stands still: try again later";

/// Handles the first message: opens a session, or closes the connection.
pub(super) fn handle_hello(connection: &Rc<Connection>, message: ClientMessage) {
    let hello = match message {
        ClientMessage::Hello(hello) => hello,
        ClientMessage::Bye => {
            connection.close(CloseCode::Normal);
            return;
        }
        _ => {
            let sentence = format!("the first message must be a hello, as in {HELLO_EXAMPLE}");
            connection.reject_with_reason(Rejection::MessageBeforeHello, &sentence);
            return;
        }
    };
    let shared = &connection.io.shared;
    if let Err(wait) = shared.address_limits.hello(&connection.peer, &shared.options) {
        connection.reject_for_now(Rejection::HelloRate, wait);
        return;
    }
    if let Err((rejection, sentence)) = judge(&hello) {
        connection.reject_with_reason(rejection, &sentence);
        return;
    }
    if shared.status.is_frozen() {
        connection.reject_with_reason(Rejection::TickFrozen, FROZEN);
        return;
    }
    if !connection.may_open(hello.resume.is_some()) {
        connection.reject(Rejection::TooManyConnections, "");
        return;
    }
    let player = shared.welcomes.admit(clean_name(hello.name).unwrap_or_default());
    let heartbeat = shared.options.heartbeat.as_millis();
    let welcome = shared
        .welcomes
        .welcome(&player, heartbeat.try_into().unwrap_or(u32::MAX));
    connection.open(player);
    connection.send_message(&ServerMessage::Welcome(welcome));
}

/// Checks whether the hello may open a session. The error never repeats a token.
fn judge(hello: &Hello) -> Result<(), (Rejection, String)> {
    // The token is checked first, so that a client without a valid token learns nothing else.
    match &hello.token {
        None => {}
        Some(token) if token.len() > MAX_TOKEN_BYTES => {
            return Err((
                Rejection::Token,
                format!("the token is longer than {MAX_TOKEN_BYTES} bytes"),
            ));
        }
        // The server cannot verify tokens, and must not accept an unverified one.
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
        for token in [String::new(), "x".repeat(5000)] {
            let rejection = rejection_of(|hello| (hello.token, hello.protocol) = (Some(token), 2));
            assert_eq!(rejection, Some(Rejection::Token));
        }
    }
}
