//! The options of authentication.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use super::{HttpUrl, TokenRules, UserCheck};

/// The rules for who may connect. The fields have the names of their settings, and `rules` those
/// that start with `token_`.
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
}
