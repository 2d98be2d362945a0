//! The address of a server: `ws://host:port/path`, or `wss://` with TLS.

use std::{fmt, str::FromStr};

/// The address of a server's WebSocket.
///
/// ```
/// let address: parlour_client::Address = "wss://play.example/ws".parse()?;
/// assert_eq!((address.host.as_str(), address.port, address.tls), ("play.example", 443, true));
/// # Ok::<(), parlour_client::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether to use TLS: `wss://` instead of `ws://`.
    pub tls: bool,
    /// A host name or an IP address. An IPv6 address has no brackets here.
    pub host: String,
    /// The port: 80 by default, or 443 with TLS.
    pub port: u16,
    /// The path and query, with the leading slash.
    pub path: String,
}

/// A text that is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text does not begin with `ws://` or `wss://`.
    #[error("the address must begin with ws:// or wss://")]
    Scheme,
    /// The host is missing.
    #[error("the address has no host")]
    Host,
    /// The port is not a number from 0 to 65535.
    #[error("the address has no valid port: write host:port, with a port from 0 to 65535")]
    Port,
    /// The text has a character that is not allowed in an HTTP request.
    #[error("the address has a character that is not allowed: percent-encode it")]
    Character,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (tls, rest) = match (text.strip_prefix("ws://"), text.strip_prefix("wss://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(AddressError::Scheme),
        };
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => v6.split_once(']').ok_or(AddressError::Host)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        if host.is_empty() {
            return Err(AddressError::Host);
        }
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| AddressError::Port)?,
            None if port.is_empty() => default_port(tls),
            None => return Err(AddressError::Port),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
            path: format!("{slash}{path}"),
        })
    }
}

impl Address {
    /// Returns host and port in the form of the HTTP `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "wss" } else { "ws" };
        write!(formatter, "{scheme}://{}{}", self.authority(), self.path)
    }
}

fn default_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}
