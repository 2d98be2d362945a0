//! The settings of a connection.

use std::time::Duration;

use crate::{client::Settings, phase::DEFAULT_LEAD};

/// The settings of a connection. Set the player's name, and keep the defaults for the rest:
///
/// ```
/// use parlour_client::Options;
/// use std::time::Duration;
///
/// let simple = Options::named("ada");
/// let patient = Options { timeout: Duration::from_secs(60), ..Options::named("ada") };
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// The name that others see, and the token that identifies the player.
    pub settings: Settings,
    /// The time limit for opening a connection (name look-up, TCP, TLS, WebSocket and welcome
    /// together), and for the answer to a join or a reservation. 10 s by default.
    pub timeout: Duration,
    /// Whether the connection returns an [`Event::Frame`](crate::Event::Frame) 60 times a second
    /// while in a room. Off by default.
    pub frames: bool,
    /// How long before its tick a [steered](crate::Connection::steer) heading should arrive at the
    /// server. [`DEFAULT_LEAD`] by default.
    pub lead: Duration,
    /// Whether every violation of the server ends the connection. This is for tests of a server.
    /// Off by default: the connection counts the violations that it can survive
    /// ([`Connection::violations`](crate::Connection::violations)).
    pub strict: bool,
    /// Further root certificates to trust for `wss://`, as DER: for servers with a certificate from
    /// a private authority.
    #[cfg(feature = "tls")]
    pub trusted_certificates: Vec<Vec<u8>>,
}

impl Options {
    /// Returns the options of a guest with this name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            settings: Settings {
                name: name.into(),
                token: None,
            },
            ..Self::default()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            timeout: Duration::from_secs(10),
            frames: false,
            lead: DEFAULT_LEAD,
            strict: false,
            #[cfg(feature = "tls")]
            trusted_certificates: Vec::new(),
        }
    }
}
