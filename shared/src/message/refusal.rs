//! The reasons of refusals.

use serde::{Deserialize, Serialize};

use crate::limits::TICK_RATE;

/// The reason of a refusal. The refusal for a hidden room or object is that for one that does not
/// exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The client sent too many requests of this kind.
    RateLimited {
        /// Milliseconds after which the same request would pass the limit.
        retry_after_ms: u32,
    },
    /// The name is not a valid room name, the type does not exist, or the room does not exist and
    /// the request does not create it.
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
    /// The batch has an invalid key, a key twice, a value that is too long, or not 1 to 8 writes.
    BadState,
    /// The room's state is full.
    StateFull,
    /// A different player, or game logic, wrote first. Or the request is a question about a board
    /// that has changed.
    StaleVersion {
        /// The keys whose versions did not match, with their current versions (0 for a key that
        /// does not exist).
        current: Vec<KeyVersion>,
    },
    /// No plugin registered a message or an action with this name.
    UnknownMessage,
    /// The message is not allowed now: it is a second hello.
    OutOfOrder,
    /// A plugin declined the request.
    Declined {
        /// The reason, as a number that the plugin defines.
        code: u16,
    },
    /// The room is locked: its game logic admits nobody now.
    RoomLocked,
    /// The options are invalid ([`super::Property::are_valid`]), the type of a new room does not
    /// have them, or a reservation is not for 1 to 32 seats.
    BadOptions,
    /// The ticket is unknown, used up or expired.
    BadTicket,
    /// The request was lost, because the game logic of the room failed while it handled it. The
    /// room continues from the moment before.
    WorldRestarted,
    /// The target of the action is too far away or not in sight, is hidden from the player, or does
    /// not exist. These cases have the same answer, so that it reveals nothing.
    OutOfReach,
    /// A different player holds the target now.
    Taken,
    /// The target belongs to a different player, or the key of room state to game logic.
    NotYours,
    /// The body of the message or action is not a value of the type that a plugin registered under
    /// this name, or is too long.
    BadBody {
        /// A sentence that says what is wrong with it, for the person who writes the client: up to
        /// 200 bytes.
        reason: String,
    },
    /// The token of the session does not grant the room, or a newer token was not accepted.
    Forbidden,
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

    /// Whether a correct client never causes this refusal. Such refusals count towards close code
    /// 4422. A bad text does not count: people type it, and a client without Unicode's tables
    /// cannot predict whether it is refused. Neither does a missing room, because a room can end
    /// before a join arrives, nor a ticket that is not valid any more, nor a target that moves away
    /// or is taken before an action arrives.
    #[must_use]
    pub fn is_senseless(&self) -> bool {
        matches!(
            self,
            Self::UnknownSkin
                | Self::BadState
                | Self::UnknownMessage
                | Self::OutOfOrder
                | Self::BadOptions
                | Self::BadBody { .. }
        )
    }
}

/// A key of room state and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyVersion {
    /// The key.
    pub key: String,
    /// Its version, or 0 if it does not exist.
    pub version: u32,
}
