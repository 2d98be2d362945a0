//! Where a server is: `ws://host:port/path`.

use std::{fmt, str::FromStr};

/// The address of a server's WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or number, an IPv6 number without its brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path and query, with the slash they begin with.
    pub path: String,
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another scheme.
    #[error(
        "the address must begin with ws:// (wss:// is for a proxy in front of the server, and not spoken here)"
    )]
    Scheme,
    /// No host.
    #[error("the address names no host")]
    Host,
    /// Not a port.
    #[error("the address has no valid port")]
    Port,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix("ws://").ok_or(AddressError::Scheme)?;
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
            None if port.is_empty() => 80,
            None => return Err(AddressError::Port),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            host: host.to_owned(),
            port,
            path: format!("{slash}{path}"),
        })
    }
}

impl Address {
    /// Host and port as the HTTP header wants them.
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
        write!(formatter, "ws://{}{}", self.authority(), self.path)
    }
}
