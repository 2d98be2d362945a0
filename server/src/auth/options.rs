//! The options of authentication.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, sync::Arc};

use hyper::Uri;

use super::{TokenRules, UserCheck};

/// Who may connect. The fields have the names of their settings, and `rules` those that start with
/// `token_`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthOptions {
    /// Whether clients without a token may connect.
    pub guests: GuestMode,
    /// A file with keys, or a directory with such files. `None`: no keys from files.
    pub token_keys: Option<PathBuf>,
    /// The address of a JWK set. `None`: no keys from an address.
    pub jwks_url: Option<HttpUrl>,
    /// What a token must say.
    pub rules: TokenRules,
    /// Whether a token may be in the query of the address, where proxies log it.
    pub token_in_query: bool,
    /// The ids of users that may not connect.
    pub banned_users: Vec<String>,
    /// The address that is asked whether a user may connect. `None`: it is not asked.
    pub user_check_url: Option<HttpUrl>,
    /// What happens if that address does not answer.
    pub when_user_check_fails: WhenCheckFails,
    /// A check of users by the program. It has no setting.
    pub user_check: Option<CustomUserCheck>,
}

impl AuthOptions {
    /// Returns whether there is a source of keys, so that tokens can be verified.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.token_keys.is_some() || self.jwks_url.is_some()
    }

    /// Returns whether a server that listens at this address admits guests.
    #[must_use]
    pub fn admits_guests(&self, listen: SocketAddr) -> bool {
        match self.guests {
            GuestMode::On => true,
            GuestMode::Off => false,
            GuestMode::Auto => listen.ip().to_canonical().is_loopback() && !self.has_keys(),
        }
    }
}

/// Whether clients without a token may connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuestMode {
    /// Only if the server listens on loopback and has no keys: everyone who can reach it uses this
    /// machine.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// What happens if the address that knows the users does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenCheckFails {
    /// The client must try again later.
    #[default]
    Refuse,
    /// The client may connect.
    Allow,
}

/// A check of users by the program.
#[derive(Clone)]
pub struct CustomUserCheck(pub Arc<dyn UserCheck>);

impl fmt::Debug for CustomUserCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomUserCheck")
    }
}

/// Two are equal if they are the same one.
impl PartialEq for CustomUserCheck {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for CustomUserCheck {}

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
    fn guests_are_admitted_by_default_only_on_loopback_without_keys() {
        let admits = |options: &AuthOptions, listen: &str| options.admits_guests(listen.parse().unwrap());
        let mut options = AuthOptions::default();
        for (listen, auto) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("192.0.2.1:1", false),
        ] {
            options.guests = GuestMode::Auto;
            assert_eq!(admits(&options, listen), auto, "{listen}");
            options.guests = GuestMode::On;
            assert!(admits(&options, listen), "{listen}");
            options.guests = GuestMode::Off;
            assert!(!admits(&options, listen), "{listen}");
        }
        options.guests = GuestMode::Auto;
        options.token_keys = Some("keys".into());
        assert!(!admits(&options, "127.0.0.1:1"));
    }

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
