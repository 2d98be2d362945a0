//! Addresses of other servers.

use std::{fmt, str::FromStr};

use hyper::Uri;

/// An `http` or `https` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl {
    pub(super) is_tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
}

/// The text is not an `http` or `https` address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address such as https://id.example.org/keys, without a user, a password or a fragment")]
pub struct HttpUrlError;

impl FromStr for HttpUrl {
    type Err = HttpUrlError;

    fn from_str(text: &str) -> Result<Self, HttpUrlError> {
        let uri: Uri = text.parse().map_err(|_| HttpUrlError)?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(HttpUrlError),
        };
        let authority = uri.authority().ok_or(HttpUrlError)?;
        if authority.as_str().contains('@') || authority.host().is_empty() || text.contains('#') {
            return Err(HttpUrlError);
        }
        let has_port = !authority.as_str().ends_with(authority.host());
        let port = match authority.port_u16() {
            Some(port) => port,
            None if has_port => return Err(HttpUrlError),
            None if is_tls => 443,
            None => 80,
        };
        Ok(Self {
            is_tls,
            host: authority.host().to_owned(),
            port,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }
}

impl HttpUrl {
    /// Returns whether the answers could be changed on their way: they are not encrypted, and do
    /// not come from this machine.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']);
        let is_local =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        !self.is_tls && !is_local
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self.is_tls {
            true => ("https", 443),
            false => ("http", 80),
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_printed_as_they_were() {
        for text in [
            "https://id.example.org/keys",
            "http://127.0.0.1:8080/users?x=1",
            "https://[::1]:7/",
            "http://localhost/",
        ] {
            assert_eq!(text.parse::<HttpUrl>().unwrap().to_string(), text);
        }
        assert_eq!(
            "https://a.example".parse::<HttpUrl>().unwrap().to_string(),
            "https://a.example/"
        );
        for wrong in [
            "",
            "/keys",
            "ftp://a/",
            "https://",
            "a.example",
            "https://u:p@a/",
            "https://a/#b",
            "https://a:99999/",
        ] {
            assert!(wrong.parse::<HttpUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_exposed() {
        let is_exposed = |text: &str| text.parse::<HttpUrl>().unwrap().is_exposed();
        assert!(is_exposed("http://id.example/keys") && is_exposed("http://10.0.0.1/"));
        assert!(!is_exposed("https://id.example/keys") && !is_exposed("http://localhost:1/"));
        assert!(!is_exposed("http://127.0.0.1/") && !is_exposed("http://[::1]:3/"));
    }
}
