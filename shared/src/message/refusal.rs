//! The reasons for which a request is refused.

use serde::{Deserialize, Serialize};

use crate::limits::TICK_RATE;

/// The reason for a refusal. A hidden room and one that does not exist look the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The client sent too many requests of this kind.
    RateLimited {
        /// Milliseconds after which the same request would pass the limit.
        retry_after_ms: u32,
    },
    /// The name is not that of a room, or the map does not exist.
    NoSuchRoom,
    /// The room is full.
    RoomFull,
    /// The node is at its limit of rooms.
    TooManyRooms,
    /// The request needs a room, and the player is not in one.
    NotInRoom,
    /// The player is already in that room.
    AlreadyThere,
    /// The skin is not in the catalogue.
    UnknownSkin,
    /// The text is too long, shows nothing, or has a code point that no text may have.
    BadText,
    /// The batch has an invalid key, a value that is too long, no writes, too many writes, or the
    /// same key twice.
    BadState,
    /// The room's state is full.
    StateFull,
    /// Someone else wrote first.
    StaleVersion {
        /// Each key of the batch whose version did not match, with its current version (0: the key
        /// does not exist).
        current: Vec<KeyVersion>,
    },
    /// No plugin registered this message, or the plugin cannot decode it.
    UnknownMessage,
    /// The message came out of order: a second hello.
    OutOfOrder,
    /// A plugin's game logic declined.
    Declined {
        /// The reason, as a number that the plugin defines.
        code: u16,
    },
}

impl Refusal {
    /// Returns [`Self::RateLimited`] for a limit that ends in `ticks` ticks. Rounds up, so that a
    /// client that waits this long is not too early.
    #[must_use]
    pub fn rate_limited(ticks: u32) -> Self {
        let milliseconds = (u64::from(ticks) * 1000).div_ceil(u64::from(TICK_RATE));
        Self::RateLimited {
            retry_after_ms: u32::try_from(milliseconds).unwrap_or(u32::MAX),
        }
    }

    /// Whether a correct client would never cause this refusal. These count towards close code
    /// 4422. A bad text does not: people type it, and a client without Unicode's tables cannot
    /// predict what is refused.
    #[must_use]
    pub fn is_senseless(&self) -> bool {
        matches!(
            self,
            Self::NoSuchRoom | Self::UnknownSkin | Self::BadState | Self::UnknownMessage | Self::OutOfOrder
        )
    }
}

/// A key of room state and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyVersion {
    /// The key.
    pub key: String,
    /// Its version; 0 if it does not exist.
    pub version: u32,
}
