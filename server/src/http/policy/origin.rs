//! Origins as browsers send them: scheme, host and port.

use super::host::{Authority, Host};

/// The origin of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) scheme: String,
    pub(super) host: Host,
    /// `None`: the default port of the scheme.
    pub(super) port: Option<u16>,
}

impl Origin {
    /// Returns `None` if the text is not an origin, such as `null`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = parse_scheme(scheme)?;
        let Authority { host, port } = Authority::parse(authority)?;
        let port = explicit(&scheme, port);
        Some(Self { scheme, host, port })
    }

    /// Returns whether the page is served by this machine, or belongs to an app on it.
    pub(super) fn is_loopback(&self) -> bool {
        self.host.is_loopback()
    }

    /// Returns whether a server with this name has this origin. The default port is that of the
    /// origin's scheme, because a proxy may add TLS.
    pub(super) fn is_of(&self, authority: &Authority) -> bool {
        self.host == authority.host && self.port == explicit(&self.scheme, authority.port)
    }
}

/// Returns a scheme in lower case, or `None` if it is malformed. `ws` and `wss` count as `http` and
/// `https`: some clients and people mix them up.
pub(super) fn parse_scheme(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) || !text.bytes().all(plain) {
        return None;
    }
    let scheme = text.to_ascii_lowercase();
    Some(match scheme.as_str() {
        "ws" => "http".to_owned(),
        "wss" => "https".to_owned(),
        _ => scheme,
    })
}

/// Returns the port, or `None` if it is the scheme's default, which browsers leave out.
pub(super) fn explicit(scheme: &str, port: Option<u16>) -> Option<u16> {
    let own = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    port.filter(|_| port != own)
}
