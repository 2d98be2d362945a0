//! The settings of a connection.

use std::time::Duration;

use crate::{client::Settings, phase::DEFAULT_LEAD};

/// The settings of a connection. Name the player, and keep the defaults for the rest:
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
    /// The name that others see, and the token that proves who the player is.
    pub settings: Settings,
    /// How long opening may take in total (name look-up, TCP, TLS, WebSocket, welcome), and how
    /// long a join may wait for its answer. 10 s by default.
    pub timeout: Duration,
    /// Whether to get an [`Event::Frame`](crate::Event::Frame) 60 times a second while in a room.
    /// Off by default.
    pub frames: bool,
    /// How long before its tick a [steered](crate::Connection::steer) heading should arrive at the
    /// server. [`DEFAULT_LEAD`] by default.
    pub lead: Duration,
    /// Whether each violation of the server ends the connection, for tests of a server. Off by
    /// default: the connection continues if it can, and counts them
    /// ([`Connection::violations`](crate::Connection::violations)).
    pub strict: bool,
    /// More certificates to trust for `wss://`, as DER, for servers with a certificate from a
    /// private authority.
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
