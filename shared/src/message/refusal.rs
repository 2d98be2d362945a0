//! Why a request was refused.

use serde::{Deserialize, Serialize};

use crate::limits::TICK_RATE;

/// The reason of a refusal. What is hidden and what does not exist look the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Too many of this kind.
    RateLimited {
        /// When the same request would be taken, in milliseconds.
        retry_after_ms: u32,
    },
    /// Not a room's name, or no such map.
    NoSuchRoom,
    /// The room is full.
    RoomFull,
    /// The node holds as many rooms as it may.
    TooManyRooms,
    /// That takes a room, and the player is in none.
    NotInRoom,
    /// The player is in that room already.
    AlreadyThere,
    /// Not in the catalogue.
    UnknownSkin,
    /// Too long, shows nothing, or has a code point that is allowed in no text.
    BadText,
    /// Not a key, a value too long, no write, too many, or a key twice.
    BadState,
    /// The room's state is full.
    StateFull,
    /// Someone was faster: the versions now.
    StaleVersion {
        /// Each key of the batch whose version was another one, with its version now (0: it does
        /// not exist).
        current: Vec<KeyVersion>,
    },
    /// No plugin knows this message, or the plugin cannot read it.
    UnknownMessage,
    /// Not in this order: a second hello.
    OutOfOrder,
    /// Game logic of a plugin says no.
    Declined {
        /// Why, in the plugin's own numbers.
        code: u16,
    },
}

impl Refusal {
    /// Too many of a kind: the next is taken in so many ticks. Rounded up: who waits that long is
    /// not too early.
    #[must_use]
    pub fn rate_limited(ticks: u32) -> Self {
        let milliseconds = (u64::from(ticks) * 1000).div_ceil(u64::from(TICK_RATE));
        Self::RateLimited {
            retry_after_ms: u32::try_from(milliseconds).unwrap_or(u32::MAX),
        }
    }

    /// Whether a well-meaning client would not have sent it: these count towards close code 4422. A
    /// text never does: people type it, and a client without Unicode's tables cannot predict what
    /// will be refused.
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
