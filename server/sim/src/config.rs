//! The configuration of a world. It never changes during the life of the world, and is stored in
//! the header of a recording.

mod check;
mod room_type;

use std::sync::Arc;

use bevy_ecs::prelude::*;
use parlour_shared::{
    limits::{MAX_ROOM_CAPACITY, TICK_RATE},
    map::Map,
    motion::Speeds,
    text::count,
};
use serde::{Deserialize, Serialize};

pub use check::{ConfigError, RoomTypeError};
pub(crate) use room_type::whole_number;
pub use room_type::{OptionKind, OptionSpec, RoomTypeConfig};

/// The configuration of a world.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// The seed of every random stream. 0, the default, means not chosen: a server then takes a
    /// random seed at its start. A world that is made without a server uses 0 as its seed.
    pub seed: u64,
    /// The rules of rooms whose type is a map. Their rates also limit a player that is in no room.
    pub rules: RoomRules,
    /// The maps of the rooms. Each is also a room type of the same name, with [`Self::rules`] and
    /// without options, unless [`Self::room_types`] has that name.
    pub maps: Vec<Arc<Map>>,
    /// The other room types.
    pub room_types: Vec<RoomTypeConfig>,
    /// The catalogue of skins, by index.
    pub skins: Vec<String>,
    /// The maximum number of rooms. A join that would make one more is refused.
    pub max_rooms: u32,
    /// Whether a door to a room that does not exist creates the room, as in a world that is alone.
    /// On a node of many worlds, the room may be in a different one. Then this is `false`, and the
    /// world reports [`parlour_tick::Report::Door`].
    pub creates_rooms_for_doors: bool,
    /// The first room has the epoch after this one. In a node, a room may be created again in a
    /// later world, which must then have a higher number here.
    pub first_epoch: u32,
}

impl SimConfig {
    /// Returns the default rules and skins with these maps.
    #[must_use]
    pub fn new(maps: Vec<Arc<Map>>) -> Self {
        Self {
            seed: 0,
            rules: RoomRules::default(),
            maps,
            room_types: Vec::new(),
            skins: ["plain"].map(String::from).to_vec(),
            max_rooms: 10_000,
            creates_rooms_for_doors: true,
            first_epoch: 0,
        }
    }
}

/// The part of the configuration that systems read. It never changes.
#[derive(Resource, Clone, Debug)]
pub struct Setup {
    /// The seed of every random stream.
    pub seed: u64,
    /// How often a player that is in no room may send each kind of request. In a room,
    /// [`crate::Room::rules`] apply.
    pub rates: RateLimits,
    /// The catalogue of skins.
    pub skins: Arc<[String]>,
    pub(crate) creates_rooms_for_doors: bool,
}

impl Setup {
    /// Takes the parts from a configuration.
    pub(crate) fn of(config: &SimConfig) -> Self {
        Self {
            seed: config.seed,
            rates: config.rules.rates,
            skins: config.skins.clone().into(),
            creates_rooms_for_doors: config.creates_rooms_for_doors,
        }
    }
}

/// Which players a viewer sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interest {
    /// The players within [`RoomRules::near_px`].
    #[default]
    Near,
    /// All players in the room.
    All,
}

/// The rules of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRules {
    /// The maximum number of players and reserved seats.
    pub capacity: u32,
    /// The near radius in pixels. Players stay near up to a sixth more.
    pub near_px: u32,
    /// Which players a viewer sees.
    pub interest: Interest,
    /// Ticks after which each pair of players is checked again, at most 6 (100 ms).
    pub refresh_ticks: u32,
    /// Ticks for which a room is empty before it is removed.
    pub empty_ticks: u32,
    /// How often a player may send each kind of request.
    pub rates: RateLimits,
    /// The speeds of movement commands with an angle.
    #[serde(default, skip_serializing_if = "Speeds::is_default")]
    pub speeds: Speeds,
    /// The limit on the bytes that a room broadcasts. In recordings it is called `talk`.
    #[serde(rename = "talk")]
    pub broadcast: BroadcastLimit,
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
            speeds: Speeds::default(),
            broadcast: BroadcastLimit::default(),
        }
    }
}

impl RoomRules {
    /// Checks that a world can be made with these rules.
    ///
    /// # Errors
    /// The first rule that is out of its bounds.
    pub fn check(&self) -> Result<(), RulesError> {
        let within = |name, value, most| {
            let fits = (1..=most).contains(&value);
            fits.then_some(()).ok_or(RulesError::Bounds { name, value, most })
        };
        within("capacity", self.capacity, MAX_ROOM_CAPACITY)?;
        within("refresh_ticks", self.refresh_ticks, 6)?;
        within("near_px", self.near_px, 100_000)?;
        within("talk.bytes_per_tick", self.broadcast.bytes_per_tick, 1 << 25)?;
        within("talk.burst_ticks", self.broadcast.burst_ticks, 60 * TICK_RATE)?;
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

/// The rules are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A number is out of its bounds.
    #[error("{name} is {value}, not within 1 to {most}")]
    Bounds {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: u32,
        /// Its maximum.
        most: u32,
    },
    /// A bucket never has a token, or takes longer than 2^24 ticks to fill.
    #[error("invalid rate: a burst of {}, then one every {}", .0.burst, count(.0.every_ticks, "tick"))]
    Rate(Rate),
}

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

    fn check(self) -> Result<(), RulesError> {
        let full = self.burst.checked_mul(self.every_ticks);
        let possible = full.is_some_and(|full| (1..Self::MAX_FILL_TICKS).contains(&full));
        possible.then_some(()).ok_or(RulesError::Rate(self))
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
