//! Who a client is: keys, tokens and guests. docs/security.md describes it for operators.
//!
//! | module | holds |
//! |---|---|
//! | `check` | the check of a token: a function of the token, the keys, the rules and the time |
//! | `key`, `key_file` | keys, each with its one algorithm, and how they are read |
//! | `strict_json` | JSON in which no key occurs twice |
//! | `identity`, `room_pattern` | what the claims of a token say about a user |
//! | `fault` | why a client is not authenticated |
//! | `development_key` | keys and tokens for development and tests |

mod check;
mod development_key;
mod fault;
mod identity;
mod key;
mod key_file;
mod room_pattern;
mod strict_json;

use std::time::{SystemTime, UNIX_EPOCH};

pub use check::{TokenRules, check};
pub use development_key::{DevelopmentKey, NewToken, SigningError};
pub use fault::AuthFault;
pub use identity::{Identity, MAX_LIMITS, MAX_ROLE_BYTES, MAX_ROLES, MAX_ROOM_PATTERNS, MAX_USER_BYTES};
pub use key::{Key, KeyFault, KeySet, MAX_KEYS};
pub use key_file::{KeyFileError, read as read_keys};
pub(crate) use room_pattern::RoomGrants;
pub use room_pattern::{RoomPattern, RoomPatternError};

/// Returns a time in seconds since 1970, as tokens have it.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
