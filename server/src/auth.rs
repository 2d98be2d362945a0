//! Authentication: keys, tokens, tickets and guests. docs/security.md describes it for operators.
//!
//! An I/O thread passes a token to the thread `auth` and awaits the answer. Until then, nothing of
//! the client is handled.
//!
//! | module | holds |
//! |---|---|
//! | `check` | the check of a token: a function of the token, the keys, the rules and the time |
//! | `key`, `key_file` | keys, each with its one algorithm, and how they are read |
//! | `strict_json` | JSON in which no key occurs twice |
//! | `identity`, `room_pattern` | what the claims of a token say about a user |
//! | `fault` | why a client is not authenticated |
//! | `options` | the options of a server |
//! | `credential`, `tickets` | what a client sends: a token, or a one-time ticket |
//! | `prepare`, `queue`, `service` | the start, the queue to the thread `auth`, and the thread |
//! | `jwks`, `http_url`, `http_client` | keys from an address |
//! | `user_check` | whether a user is banned or not active |
//! | `development_key` | keys and tokens for development and tests |

mod check;
mod credential;
mod development_key;
mod fault;
mod http_client;
mod http_url;
mod identity;
mod jwks;
mod key;
mod key_file;
mod options;
mod prepare;
mod queue;
mod room_pattern;
mod service;
mod strict_json;
mod tickets;
mod user_check;

use std::time::{SystemTime, UNIX_EPOCH};

pub use check::{TokenRules, check};
pub(crate) use credential::Credential;
pub use development_key::{DevelopmentKey, NewToken, SigningError};
pub use fault::AuthFault;
pub use http_url::{HttpUrl, HttpUrlError};
pub use identity::{Identity, MAX_LIMITS, MAX_ROLE_BYTES, MAX_ROLES, MAX_ROOM_PATTERNS, MAX_USER_BYTES};
pub use key::{Key, KeyFault, KeySet, MAX_KEYS};
pub use key_file::{KeyFileError, read as read_keys};
pub use options::{AuthOptions, CustomUserCheck, GuestMode, WhenCheckFails};
pub use prepare::AuthError;
pub(crate) use prepare::{AuthParts, prepare};
pub(crate) use queue::{AuthAnswer, AuthQueue, TicketAnswer};
pub(crate) use room_pattern::RoomGrants;
pub use room_pattern::{RoomPattern, RoomPatternError};
pub(crate) use service::AuthService;
pub(crate) use tickets::TICKET_LIFE;
pub use user_check::{UserCheck, UserStatus, UserStatusFuture};

/// Returns a time in seconds since 1970, as tokens have it.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
