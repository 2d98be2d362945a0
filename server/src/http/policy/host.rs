//! Hosts as written in `Host` headers and in origins.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Maximum length of a DNS name.
const LONGEST: usize = 253;

/// A host. Different spellings of one host are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// In lower case, without a dot at the end.
    Name(String),
    /// Without a zone. An IPv4-mapped IPv6 address is kept as IPv4.
    Address(IpAddr),
}

/// A host with an optional port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    pub(super) host: Host,
    pub(super) port: Option<u16>,
}

impl Host {
    /// Returns `None` if the text is not a host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']')?;
            // A zone means something only on the client's machine.
            let address = address.split_once('%').map_or(address, |(address, _)| address);
            let address: Ipv6Addr = address.parse().ok()?;
            return Some(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(plain);
        let is_name = name.len() <= LONGEST && name.split('.').all(is_label);
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    /// Returns whether this host is always the local machine. Browsers do not look these names up
    /// in DNS.
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(address) => address.is_loopback(),
        }
    }
}

impl Authority {
    /// Returns `None` if the text is not a host with an optional port. User information is not
    /// allowed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = split(text);
        Some(Self {
            host: Host::parse(host)?,
            port: parse_port(port)?,
        })
    }
}

/// Splits a text into its host and its port. `None`: there is no port.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        // A colon inside an IPv6 address does not start a port.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

/// Parses a port. An empty one counts as missing (RFC 3986, section 3.2.3). Returns `None` if it
/// is malformed.
pub(super) fn parse_port(text: Option<&str>) -> Option<Option<u16>> {
    match text {
        None | Some("") => Some(None),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
        Some(_) => None,
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_host_is_equal_however_it_is_written() {
        for (one, other) in [
            ("Example.ORG.", "example.org"),
            ("127.0.0.1.", "127.0.0.1"),
            ("[::ffff:127.0.0.1]", "127.0.0.1"),
            ("[0:0::1]", "[::1]"),
            ("[::1%25lo]", "[::1]"),
        ] {
            assert!(Host::parse(one).is_some(), "{one}");
            assert_eq!(Host::parse(one), Host::parse(other), "{one}");
        }
    }

    #[test]
    fn loopback_names_and_addresses_are_recognized() {
        let is_loopback = |text| Host::parse(text).unwrap().is_loopback();
        for own in ["localhost", "a.localhost", "127.0.0.1", "127.255.0.1", "[::1]"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "localhost.org",
            "notlocalhost",
            "128.0.0.1",
            "0.0.0.0",
            "[::]",
            "127.0.0.1.org",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn malformed_hosts_and_ports_are_refused() {
        for wrong in [
            "", ".", "a..b", "a b", "a@b", "[::1", "::1", "[x]", "a:1:2", "a:x", "a:65536", "a:-1", "a:+1",
            "é", "a/b", "*", "a,b",
        ] {
            assert_eq!(Authority::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Authority::parse("a:80").unwrap().port, Some(80));
        assert_eq!(Authority::parse("[::1]:80").unwrap().port, Some(80));
        assert_eq!(Authority::parse("[::1]:").unwrap().port, None);
    }
}
