//! Decides at the start of a server who may connect: reads the keys, and prepares the thread
//! `auth`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{
    AuthOptions, AuthQueue, KeyFileError, KeySet, UserCheck,
    http_client::HttpClient,
    key_file,
    service::AuthService,
    user_check::{BannedUsers, HttpUserCheck},
};

/// Why a server cannot decide who may connect.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The keys cannot be used.
    #[error("token_keys: {0}")]
    Keys(#[from] KeyFileError),
    /// There are neither guests nor keys.
    #[error(
        "nobody could connect to {listen}: guests are off, and there are no keys that verify tokens. \
         Let everyone in with --guests on, or name the keys with --token-keys or --jwks-url{}",
        hint(*listen)
    )]
    NobodyAdmitted {
        /// The address for clients.
        listen: SocketAddr,
    },
    /// TLS cannot be used for requests.
    #[error("the server cannot send requests: {0}")]
    Http(String),
}

fn hint(listen: SocketAddr) -> &'static str {
    match listen.ip().to_canonical().is_loopback() {
        true => "",
        false => ". (By default, guests are on only if the server listens on a loopback address)",
    }
}

/// What decides who may connect.
pub(crate) struct AuthParts {
    /// Whether clients without a token may connect.
    pub(crate) guests: bool,
    /// The queue to the thread. `None`: there are no keys, and no thread.
    pub(crate) queue: Option<AuthQueue>,
    /// Whether a token may be in the query.
    pub(crate) token_in_query: bool,
    /// The time by which clocks may differ.
    pub(crate) leeway: Duration,
    /// What the thread runs with.
    pub(crate) service: Option<AuthService>,
}

/// Reads the keys, and prepares the thread.
///
/// # Errors
/// The keys cannot be used, or nobody could connect.
pub(crate) fn prepare(options: &AuthOptions, listen: SocketAddr) -> Result<AuthParts, AuthError> {
    let guests = options.admits_guests(listen);
    let parts = AuthParts {
        guests,
        queue: None,
        token_in_query: options.token_in_query,
        leeway: options.rules.leeway,
        service: None,
    };
    if !options.has_keys() {
        return match guests {
            true => Ok(parts),
            false => Err(AuthError::NobodyAdmitted { listen }),
        };
    }
    let keys = match &options.token_keys {
        Some(path) => key_file::read(path)?,
        None => KeySet::default(),
    };
    let client = HttpClient::new().map_err(|error| AuthError::Http(error.to_string()))?;
    for url in [&options.jwks_url, &options.user_check_url].into_iter().flatten() {
        if url.is_exposed() {
            tracing::warn!(%url, "this address is not encrypted: someone on the way could forge its answers");
        }
    }
    let mut checks: Vec<Arc<dyn UserCheck>> = Vec::new();
    if !options.banned_users.is_empty() {
        checks.push(Arc::new(BannedUsers(options.banned_users.clone())));
    }
    checks.extend(options.user_check.iter().map(|custom| Arc::clone(&custom.0)));
    if let Some(url) = &options.user_check_url {
        checks.push(Arc::new(HttpUserCheck::new(url.clone(), client.clone())));
    }
    let (queue, requests) = AuthQueue::new();
    let stop = Arc::new(Notify::new());
    let service = AuthService {
        requests,
        stop,
        keys,
        jwks: options.jwks_url.clone().map(|url| (url, client)),
        rules: options.rules.clone(),
        checks,
        when_check_fails: options.when_user_check_fails,
    };
    Ok(AuthParts {
        queue: Some(queue),
        service: Some(service),
        ..parts
    })
}
