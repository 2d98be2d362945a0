//! The configuration of a world. It never changes during the life of the world, and is stored in
//! the header of a recording.

mod check;
mod rates;
mod room_type;
mod rules;

use std::sync::Arc;

use bevy_ecs::prelude::*;
use parlour_shared::map::Map;

pub use check::{ConfigError, InvalidRoomType};
pub use rates::{BroadcastLimit, Rate, RateLimits};
pub(crate) use room_type::whole_number;
pub use room_type::{OptionKind, OptionSpec, RoomTypeConfig};
pub use rules::{Interest, OnDrop, RoomRules, RulesError};

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
