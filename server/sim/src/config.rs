//! What a world is made with. All of it is part of a recording's header: it never changes while the world lives.

use std::sync::Arc;

use bevy_ecs::prelude::*;
use parlour_shared::{
    limits::{HEARTBEAT_MS, MAX_ROOM_CAPACITY, TICK_RATE},
    map::Map,
};
use serde::{Deserialize, Serialize};

/// Everything a world is made with.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Seeds every stream of chance. 0, as [`Self::new`] leaves it, says that none was chosen: a server then takes a random one
    /// at its start. A world that is made without a server takes it as it is.
    pub seed: u64,
    /// The rules of every room.
    pub rules: RoomRules,
    /// The maps that rooms can be made from.
    pub maps: Vec<Arc<Map>>,
    /// The catalogue of skins, by index.
    pub skins: Vec<String>,
    /// What welcomes say of the edge's heartbeat, in milliseconds; the world itself has none.
    pub heartbeat_ms: u32,
    /// Rooms that may exist at once; a join that would make one more is refused.
    pub max_rooms: u32,
}

impl SimConfig {
    /// The default rules and skins over these maps.
    #[must_use]
    pub fn new(maps: Vec<Arc<Map>>) -> Self {
        Self {
            seed: 0,
            rules: RoomRules::default(),
            maps,
            skins: ["plain"].map(String::from).to_vec(),
            heartbeat_ms: HEARTBEAT_MS,
            max_rooms: 10_000,
        }
    }
}

/// What the world was made with and never changes.
#[derive(Resource, Clone, Debug)]
pub struct Setup {
    /// Seeds every stream of chance.
    pub seed: u64,
    /// The rules of every room.
    pub rules: RoomRules,
    /// The catalogue of skins.
    pub skins: Arc<[String]>,
    /// What welcomes say of the edge's heartbeat, in milliseconds.
    pub heartbeat_ms: u32,
}

impl Setup {
    /// Of this configuration.
    pub(crate) fn of(config: &SimConfig) -> Self {
        Self {
            seed: config.seed,
            rules: config.rules,
            skins: config.skins.clone().into(),
            heartbeat_ms: config.heartbeat_ms,
        }
    }
}

/// Who is shown to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interest {
    /// Those within [`RoomRules::near_px`].
    #[default]
    Near,
    /// Everyone in the room.
    All,
}

/// The rules of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRules {
    /// Players at most.
    pub capacity: u32,
    /// How near is near, in pixels; one stays near up to a sixth more.
    pub near_px: u32,
    /// Who is shown to whom.
    pub interest: Interest,
    /// Ticks between two looks at who is near whom, at most 6 (100 ms).
    pub refresh_ticks: u32,
    /// Ticks for which a room stands empty before it is cleaned up.
    pub empty_ticks: u32,
    /// How often a player may ask for what.
    pub rates: RateLimits,
    /// How much may be said in a room.
    pub talk: TalkLimit,
}

impl Default for RoomRules {
    fn default() -> Self {
        Self {
            capacity: 1000,
            near_px: 150,
            interest: Interest::Near,
            refresh_ticks: 6,
            empty_ticks: 30 * TICK_RATE,
            rates: RateLimits::default(),
            talk: TalkLimit::default(),
        }
    }
}

impl RoomRules {
    /// Whether a world can be made with them.
    ///
    /// # Errors
    /// The first that is out of its bounds.
    pub fn check(&self) -> Result<(), RulesError> {
        let within = |name, value, most| {
            let fits = (1..=most).contains(&value);
            fits.then_some(()).ok_or(RulesError::Bounds { name, value, most })
        };
        within("capacity", self.capacity, MAX_ROOM_CAPACITY)?;
        within("refresh_ticks", self.refresh_ticks, 6)?;
        within("near_px", self.near_px, 100_000)?;
        within("talk.bytes_per_tick", self.talk.bytes_per_tick, 1 << 25)?;
        within("talk.burst_ticks", self.talk.burst_ticks, 60 * TICK_RATE)?;
        let rates = &self.rates;
        let rates = [
            rates.moves,
            rates.join,
            rates.chat,
            rates.skin,
            rates.state,
            rates.custom,
        ];
        rates.into_iter().try_for_each(Rate::check)
    }
}

/// Rules that no world can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A number is out of its bounds.
    #[error("{name} is {value}, not within 1 to {most}")]
    Bounds {
        /// Which.
        name: &'static str,
        /// What it is.
        value: u32,
        /// What it may be at most.
        most: u32,
    },
    /// A bucket that never has a token, or takes longer than 2^24 ticks to fill.
    #[error("a rate of {} at once, one every {} ticks", .0.burst, .0.every_ticks)]
    Rate(Rate),
}

/// A token bucket: `burst` at once, then one every `every_ticks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Tokens in a full bucket.
    pub burst: u32,
    /// Ticks until a token comes back.
    pub every_ticks: u32,
}

impl Rate {
    fn check(self) -> Result<(), RulesError> {
        let full = self.burst.checked_mul(self.every_ticks);
        let possible = full.is_some_and(|full| (1..1 << 24).contains(&full));
        possible.then_some(()).ok_or(RulesError::Rate(self))
    }
}

/// A bucket of bytes per room for chats and writes to its state. Each costs its texts and 64 bytes, times the number of
/// players that receive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TalkLimit {
    /// Bytes that come back in a tick.
    pub bytes_per_tick: u32,
    /// In how many ticks an empty bucket is full again: so many ticks' bytes may be spent at once.
    pub burst_ticks: u32,
}

impl TalkLimit {
    /// So many MiB a second, and four seconds' worth at once.
    #[must_use]
    pub fn mib_per_second(mib: u32) -> Self {
        let bytes_per_tick = (u64::from(mib) << 20).div_ceil(u64::from(TICK_RATE));
        Self {
            bytes_per_tick: u32::try_from(bytes_per_tick).unwrap_or(u32::MAX),
            burst_ticks: 4 * TICK_RATE,
        }
    }

    /// The other way round, rounded down.
    #[must_use]
    pub fn as_mib_per_second(self) -> u32 {
        ((u64::from(self.bytes_per_tick) * u64::from(TICK_RATE)) >> 20) as u32
    }
}

/// 8 MiB a second: in a room of 1,000 a chat of 100 bytes costs (100 + 64) * 1,000 = 164,000 bytes, so 51 a second pass, one
/// of each player every 20 s; and 204 at once. One of 2 KiB costs 2.1 MB: 4 a second.
impl Default for TalkLimit {
    fn default() -> Self {
        Self::mib_per_second(8)
    }
}

/// How often a player may ask for what.
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
