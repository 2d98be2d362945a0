//! Handles the first message of a connection. Before a valid hello, nothing that the client sends
//! reaches the world.

use std::rc::Rc;

use parlour_shared::{close::CloseCode, codec::HELLO_EXAMPLE, message::ClientMessage};

use super::{Rejection, authenticating, connection::Connection};

/// Handles the first message: opens a session, begins to check the token, or closes the connection.
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
    // The token is checked first, so that a client without a valid token learns nothing else.
    authenticating::begin(connection, hello);
}
