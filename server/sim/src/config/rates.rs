//! Limits per player and per room, as token buckets.

use parlour_shared::limits::TICK_RATE;
use serde::{Deserialize, Serialize};

/// A token bucket: a burst of `burst`, then one token every `every_ticks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens in a full bucket.
    pub burst: u32,
    /// Ticks until a token comes back.
    pub every_ticks: u32,
}

impl Rate {
    /// The ticks in which an empty bucket must be full again: fewer than this, which is 77 hours.
    pub const MAX_FILL_TICKS: u32 = 1 << 24;

    /// Returns whether a bucket has tokens, and fills in time.
    pub(super) fn is_possible(self) -> bool {
        let full = self.burst.checked_mul(self.every_ticks);
        full.is_some_and(|full| (1..Self::MAX_FILL_TICKS).contains(&full))
    }

    /// Returns this rate where it is stricter than `limit`, and `limit` elsewhere. It is possible
    /// if `limit` is.
    pub(super) fn within(self, limit: Self) -> Self {
        let burst = self.burst.clamp(1, limit.burst);
        let slowest = (Self::MAX_FILL_TICKS - 1) / burst;
        Self {
            burst,
            every_ticks: self.every_ticks.clamp(limit.every_ticks, slowest),
        }
    }
}

/// The limit on the bytes that a room broadcasts: a token bucket for chats and for writes to the
/// room's state. Each costs its texts and 64 bytes, times the number of players that receive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroadcastLimit {
    /// Bytes that come back in a tick.
    pub bytes_per_tick: u32,
    /// The ticks in which an empty bucket fills. The bytes of that many ticks may be spent in a
    /// burst.
    pub burst_ticks: u32,
}

impl BroadcastLimit {
    /// Returns the limit for this many MiB per second, with a burst of four seconds.
    #[must_use]
    pub fn mib_per_second(mib: u32) -> Self {
        let bytes_per_tick = (u64::from(mib) << 20).div_ceil(u64::from(TICK_RATE));
        Self {
            bytes_per_tick: u32::try_from(bytes_per_tick).unwrap_or(u32::MAX),
            burst_ticks: 4 * TICK_RATE,
        }
    }

    /// Returns this limit where it is stricter than `limit`, and `limit` elsewhere.
    pub(super) fn within(self, limit: Self) -> Self {
        Self {
            bytes_per_tick: self.bytes_per_tick.clamp(1, limit.bytes_per_tick),
            burst_ticks: self.burst_ticks.clamp(1, limit.burst_ticks),
        }
    }

    /// Returns the MiB per second, rounded down.
    #[must_use]
    pub fn as_mib_per_second(self) -> u32 {
        ((u64::from(self.bytes_per_tick) * u64::from(TICK_RATE)) >> 20) as u32
    }
}

/// 8 MiB per second. In a room of 1,000 players, a chat of 100 bytes costs (100 + 64) * 1,000 =
/// 164,000 bytes. So the room can have 51 such chats per second, or one per player every 20 s, with
/// a burst of 204. A chat of 2 KiB costs 2.1 MB: 4 per second.
impl Default for BroadcastLimit {
    fn default() -> Self {
        Self::mib_per_second(8)
    }
}

/// How often a player may send each kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimits {
    /// Movement commands.
    pub moves: Rate,
    /// Joins and leaves.
    pub join: Rate,
    /// Chat messages.
    pub chat: Rate,
    /// Changes of skin.
    pub skin: Rate,
    /// Batches of writes to room state.
    pub state: Rate,
    /// Messages for plugins.
    pub custom: Rate,
}

impl RateLimits {
    /// Returns these limits where they are stricter than `limits`, and `limits` elsewhere.
    pub(super) fn within(self, limits: Self) -> Self {
        Self {
            moves: self.moves.within(limits.moves),
            join: self.join.within(limits.join),
            chat: self.chat.within(limits.chat),
            skin: self.skin.within(limits.skin),
            state: self.state.within(limits.state),
            custom: self.custom.within(limits.custom),
        }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            moves: Rate {
                burst: 2 * TICK_RATE,
                every_ticks: 1,
            },
            join: Rate {
                burst: 5,
                every_ticks: TICK_RATE,
            },
            chat: Rate {
                burst: 10,
                every_ticks: TICK_RATE / 10,
            },
            skin: Rate {
                burst: 5,
                every_ticks: TICK_RATE / 2,
            },
            state: Rate {
                burst: 20,
                every_ticks: TICK_RATE / 10,
            },
            custom: Rate {
                burst: 30,
                every_ticks: TICK_RATE / 20,
            },
        }
    }
}
