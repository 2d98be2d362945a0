//! The address of a client, as proxies write it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// The address of a client, and its port if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The address. An IPv4 address is never written as IPv6.
    pub ip: IpAddr,
    /// The port. Most proxies do not report it.
    pub port: Option<u16>,
}

impl ClientAddress {
    /// Parses `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
    /// Returns `None` for everything else, such as `unknown`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(address.into());
        }
        let brackets = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .filter(|inner| inner.contains(':'));
        let ip: IpAddr = brackets.unwrap_or(text).parse().ok()?;
        Some(Self {
            ip: ip.to_canonical(),
            port: None,
        })
    }
}

impl From<SocketAddr> for ClientAddress {
    fn from(address: SocketAddr) -> Self {
        Self {
            ip: address.ip().to_canonical(),
            port: Some(address.port()),
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.ip, port).fmt(formatter),
            None => self.ip.fmt(formatter),
        }
    }
}
