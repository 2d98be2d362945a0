//! Patterns for the hosts and origins that the configuration allows.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::{
    host::{Host, parse_port, split},
    origin::{Origin, explicit, parse_scheme},
};

/// Allowed hosts: `play.example.org`, `*.example.org`, an IP address, or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern(Hosts);

/// Allowed origins: `https://example.org`, `https://*.example.org`,
/// `capacitor://localhost`, or `*` for any.
///
/// The default port of a scheme can be written or left out. `ws` and `wss` stand for `http` and
/// `https`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern(Origins);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Any,
    One(Host),
    /// All sub-domains of this domain, at any depth.
    Below(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Origins {
    Any,
    Of {
        scheme: String,
        hosts: Hosts,
        port: Option<u16>,
    },
}

/// Why a text is not a pattern. The message continues a sentence that begins with the text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// The scheme is missing.
    #[error("has no scheme: write https://{0}")]
    NoScheme(String),
    /// The text contains more than a host.
    #[error("is more than a host: write {0}, which allows any port")]
    NotOnlyHost(String),
    /// The text contains a path, a query or a fragment.
    #[error("is more than scheme, host and port: write {0}")]
    Path(String),
    /// The scheme is malformed.
    #[error("has no valid scheme before ://")]
    Scheme,
    /// The host is malformed.
    #[error("has no valid host")]
    Host,
    /// The host has letters beyond ASCII.
    #[error("has a host that browsers send in ASCII: write that form, which begins with xn--")]
    NotAscii,
    /// The port is malformed.
    #[error("has no valid port: a number up to 65535")]
    Port,
    /// A `*` is in the wrong place.
    #[error(
        "has a * in the wrong place: it can only stand for all sub-domains of a domain, as in *.example.org"
    )]
    Wildcard,
    /// `null`, the origin of pages without an origin.
    #[error("can be sent by pages of any site: only * allows it")]
    Null,
}

impl HostPattern {
    pub(super) fn matches(&self, host: &Host) -> bool {
        self.0.matches(host)
    }
}

impl OriginPattern {
    /// Returns whether it allows everything, including `null`.
    pub(super) fn is_any(&self) -> bool {
        self.0 == Origins::Any
    }

    pub(super) fn matches(&self, origin: &Origin) -> bool {
        match &self.0 {
            Origins::Any => true,
            Origins::Of { scheme, hosts, port } => {
                *scheme == origin.scheme && *port == origin.port && hosts.matches(&origin.host)
            }
        }
    }
}

impl Hosts {
    fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::One(one), host) => one == host,
            (Self::Below(domain), Host::Name(name)) => {
                let below = name.strip_suffix(domain.as_str());
                below.is_some_and(|below| below.ends_with('.'))
            }
            (Self::Below(_), Host::Address(_)) => false,
        }
    }

    /// Parses one host, or all sub-domains of a domain.
    fn parse(text: &str) -> Result<Self, PatternError> {
        if !text.is_ascii() {
            return Err(PatternError::NotAscii);
        }
        let (below, text) = match text.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, text),
        };
        if text.contains('*') {
            return Err(PatternError::Wildcard);
        }
        match (Host::parse(text).ok_or(PatternError::Host)?, below) {
            (Host::Name(domain), true) => Ok(Self::Below(domain)),
            (Host::Address(_), true) => Err(PatternError::Wildcard),
            (host, false) => Ok(Self::One(host)),
        }
    }
}

impl FromStr for HostPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self(Hosts::Any));
        }
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or(rest);
        let (host, _) = split(authority);
        if host != text {
            Hosts::parse(host)?;
            return Err(PatternError::NotOnlyHost(host.to_owned()));
        }
        Hosts::parse(text).map(Self)
    }
}

impl FromStr for OriginPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        match text {
            "*" => return Ok(Self(Origins::Any)),
            "null" => return Err(PatternError::Null),
            _ => {}
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            let (host, _) = split(text);
            return Err(match Hosts::parse(host) {
                Ok(_) => PatternError::NoScheme(text.to_owned()),
                Err(error) => error,
            });
        };
        let scheme = parse_scheme(scheme).ok_or(PatternError::Scheme)?;
        // Browsers show an origin with a trailing slash.
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(end) = authority.find(['/', '?', '#']) {
            let authority = &authority[..end];
            return Err(PatternError::Path(format!("{scheme}://{authority}")));
        }
        let (host, port) = split(authority);
        let hosts = Hosts::parse(host)?;
        let port = parse_port(port).ok_or(PatternError::Port)?;
        let port = explicit(&scheme, port);
        Ok(Self(Origins::Of { scheme, hosts, port }))
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::One(host) => host.fmt(f),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Origins::Any => f.write_str("*"),
            Origins::Of { scheme, hosts, port } => {
                write!(f, "{scheme}://{hosts}")?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}
