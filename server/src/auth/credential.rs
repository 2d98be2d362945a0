//! What a client sends to say who it is.

use std::fmt;

/// The start of a token in the hello that is a ticket.
const TICKET: &str = "ticket:";
/// The start of a WebSocket subprotocol with a token.
const TOKEN_SUBPROTOCOL: &str = "parlour.token.";
/// The start of a WebSocket subprotocol with a ticket.
const TICKET_SUBPROTOCOL: &str = "parlour.ticket.";

/// A token, or a ticket that stands for one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    Token(String),
    Ticket(String),
}

impl Credential {
    /// Reads the text of a hello: a token, or `ticket:` and a ticket.
    pub(crate) fn from_text(text: String) -> Self {
        match text.strip_prefix(TICKET) {
            Some(ticket) => Self::Ticket(ticket.to_owned()),
            None => Self::Token(text),
        }
    }

    /// Reads a WebSocket subprotocol. Returns `None` if it is a different one.
    pub(crate) fn from_subprotocol(name: &str) -> Option<Self> {
        let token = name.strip_prefix(TOKEN_SUBPROTOCOL);
        let ticket = name.strip_prefix(TICKET_SUBPROTOCOL);
        token
            .map(|token| Self::Token(token.to_owned()))
            .or(ticket.map(|ticket| Self::Ticket(ticket.to_owned())))
    }

    /// Returns its size in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Token(text) | Self::Ticket(text) => text.len(),
        }
    }
}

/// Omits the secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(..)",
            Self::Ticket(_) => "Ticket(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_read_from_a_hello_or_a_subprotocol_and_is_never_printed() {
        let token = Credential::Token("a.b.c".to_owned());
        let ticket = Credential::Ticket("t1".to_owned());
        assert_eq!(Credential::from_text("a.b.c".to_owned()), token);
        assert_eq!(Credential::from_text("ticket:t1".to_owned()), ticket);
        assert_eq!(
            Credential::from_subprotocol("parlour.token.a.b.c"),
            Some(token.clone())
        );
        assert_eq!(
            Credential::from_subprotocol("parlour.ticket.t1"),
            Some(ticket.clone())
        );
        assert_eq!(Credential::from_subprotocol("parlour.v1"), None);
        let shown = format!("{token:?} {ticket:?}");
        assert_eq!(shown, "Token(..) Ticket(..)");
    }
}
