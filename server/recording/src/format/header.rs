//! The header of a recording: everything that a replay needs before the first tick.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use parlour_shared::{
    codec::SCHEMA,
    limits::{PROTOCOL, TICK_RATE},
    map::Map,
    text::count,
};
use parlour_sim::{RoomRules, RoomTypeConfig, SimConfig};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::{Chain, FORMAT, hex};
use crate::map_digest;

/// The first chunk of a recording, as JSON. Readers ignore unknown fields, except in `rules`
/// and `room_types`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format of the file, as in its first bytes.
    pub format: u16,
    /// The version of the simulation. Only the same version reaches the same hashes from the same
    /// inputs.
    pub simulation: u32,
    /// The version of the protocol, [`PROTOCOL`].
    pub protocol: u16,
    /// The version of the message encoding, [`SCHEMA`].
    pub schema: u32,
    /// The version of the program that recorded and, if known, its commit.
    pub build: String,
    /// The name of the world in its node. Empty if the world was alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub world: String,
    /// Ticks per second.
    pub tick_rate: u32,
    /// When the recording started, for people: RFC 3339, UTC.
    pub started: String,
    /// The same in milliseconds since 1970.
    pub started_ms: u64,
    /// The seed of all random streams. A string in JSON, whose numbers are exact only up to 2^53.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub seed: u64,
    /// The rules of rooms whose type is a map.
    pub rules: RoomRules,
    /// The other room types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub room_types: Vec<RoomTypeConfig>,
    /// The maximum number of rooms.
    pub max_rooms: u32,
    /// Whether doors create rooms: `false` for a world of a node with many worlds.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub creates_rooms_for_doors: bool,
    /// The epoch before that of the first room: 0 for a world that was alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first_epoch: u32,
    /// The skins, by index.
    pub skins: Vec<String>,
    /// The maps, in the world's order.
    pub maps: Vec<RecordedMap>,
    /// The names of the parts of the state. Each tick has one fingerprint per part.
    pub state: Vec<String>,
    /// The file that this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Why the history was written, as in its file name. Recordings have `None`, so the header
    /// distinguishes the two whatever the file is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
}

/// The text of a history's end chunk. In files of older programs, only this distinguishes a
/// history from a recording.
pub(crate) const HISTORY: &str = "the history of a server";

/// The name and digest of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedMap {
    /// Its name.
    pub name: String,
    /// Its [`map_digest`](crate::map_digest()), hexadecimal.
    pub digest: String,
}

/// The file before this one, if a recording continues in a new file because the old one grew too
/// large or too old.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its name, without a directory.
    pub file: String,
    /// Its [`Recording::chain`](super::Recording::chain): the chain of its end chunk.
    pub chain: Chain,
}

/// Why this program cannot replay a recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// A different version of the simulation made it.
    #[error(
        "this recording was made by simulation version {recorded}; this program replays version {ours}: \
         use the program that made it ({build})"
    )]
    Simulation {
        /// The recording's version.
        recorded: u32,
        /// This program's version.
        ours: u32,
        /// The program that recorded.
        build: String,
    },
    /// Its messages have a different encoding.
    #[error(
        "this recording contains messages of protocol {protocol}, schema {schema:#010x}; this program reads protocol \
         {PROTOCOL}, schema {SCHEMA:#010x}: use the program that made it ({build})"
    )]
    Messages {
        /// The recording's protocol.
        protocol: u16,
        /// The recording's schema.
        schema: u32,
        /// The program that recorded.
        build: String,
    },
    /// Its ticks have a different length.
    #[error(
        "this recording has {} per second; this program runs {TICK_RATE}: use the program that made it ({build})",
        count(*.recorded, "tick")
    )]
    TickRate {
        /// The recording's tick rate.
        recorded: u32,
        /// The program that recorded.
        build: String,
    },
}

/// Why the world of a recording cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// A map is missing.
    #[error("the recording was made with the map {0:?}, which is missing")]
    NoMap(String),
    /// The map with that name is a different one.
    #[error("the map {name:?} is not the one that was recorded (digest {found}, recorded {recorded})")]
    OtherMap {
        /// The map's name.
        name: String,
        /// The recorded digest, hexadecimal.
        recorded: String,
        /// The digest of the map that was found, hexadecimal.
        found: String,
    },
    /// The rules or room types are invalid: no recorder writes them.
    #[error("the rules in the recording's header are invalid: {0}")]
    InvalidRules(String),
}

impl Header {
    /// Returns the header of a recording of this world that starts at `started_ms` (milliseconds
    /// since 1970).
    #[must_use]
    pub fn new(
        config: &SimConfig,
        state: Vec<String>,
        simulation: u32,
        started_ms: u64,
        build: &str,
    ) -> Self {
        let recorded = |map: &Arc<Map>| RecordedMap {
            name: map.name.clone(),
            digest: hex(&map_digest(map)),
        };
        Self {
            format: FORMAT,
            simulation,
            protocol: PROTOCOL,
            schema: SCHEMA,
            build: build.to_owned(),
            world: String::new(),
            tick_rate: TICK_RATE,
            started: rfc3339(started_ms),
            started_ms,
            seed: config.seed,
            rules: config.rules,
            room_types: config.room_types.clone(),
            max_rooms: config.max_rooms,
            creates_rooms_for_doors: config.creates_rooms_for_doors,
            first_epoch: config.first_epoch,
            skins: config.skins.clone(),
            maps: config.maps.iter().map(recorded).collect(),
            state,
            previous: None,
            history: None,
        }
    }

    /// Returns the names of the room types: those of [`Self::room_types`] and the maps, sorted. A
    /// world that was made for one type has only that one, and not the maps of its rooms.
    #[must_use]
    pub fn type_names(&self) -> Vec<String> {
        if let [only] = self.room_types.as_slice()
            && self.maps.iter().all(|map| only.maps.contains(&map.name))
        {
            return vec![only.name.clone()];
        }
        let declared = self.room_types.iter().map(|one| &one.name);
        let names: BTreeSet<&String> = declared.chain(self.maps.iter().map(|map| &map.name)).collect();
        names.into_iter().cloned().collect()
    }

    /// Returns whether both headers describe the same world: all fields are equal except the start,
    /// `previous` and `history`.
    #[must_use]
    pub fn describes_same_world(&self, other: &Self) -> bool {
        let mut like = self.clone();
        like.started.clone_from(&other.started);
        like.started_ms = other.started_ms;
        like.previous.clone_from(&other.previous);
        like.history.clone_from(&other.history);
        like == *other
    }

    /// Checks that this program, with this version of the simulation, can replay the recording.
    ///
    /// # Errors
    /// Says what differs, and which program to use instead.
    pub fn check_versions(&self, simulation: u32) -> Result<(), VersionError> {
        let build = self.build.clone();
        if self.simulation != simulation {
            return Err(VersionError::Simulation {
                recorded: self.simulation,
                ours: simulation,
                build,
            });
        }
        if self.tick_rate != TICK_RATE {
            return Err(VersionError::TickRate {
                recorded: self.tick_rate,
                build,
            });
        }
        self.check_messages()
    }

    /// Checks that this program can read the recording's messages.
    ///
    /// # Errors
    /// [`VersionError::Messages`].
    pub fn check_messages(&self) -> Result<(), VersionError> {
        if (self.protocol, self.schema) == (PROTOCOL, SCHEMA) {
            return Ok(());
        }
        Err(VersionError::Messages {
            protocol: self.protocol,
            schema: self.schema,
            build: self.build.clone(),
        })
    }

    /// Returns the config of the recorded world, with its maps taken from `maps`. If several have
    /// the same name, the one with the recorded digest is used.
    ///
    /// # Errors
    /// A map is missing or differs, or the rules are invalid.
    pub fn sim_config(&self, maps: &[Arc<Map>]) -> Result<SimConfig, HeaderError> {
        let find = |recorded: &RecordedMap| {
            let named = maps.iter().filter(|map| map.name == recorded.name);
            let mut found = None;
            for map in named {
                let digest = hex(&map_digest(map));
                if digest == recorded.digest {
                    return Ok(Arc::clone(map));
                }
                found = Some(digest);
            }
            let found = found.ok_or_else(|| HeaderError::NoMap(recorded.name.clone()))?;
            Err(HeaderError::OtherMap {
                name: recorded.name.clone(),
                recorded: recorded.digest.clone(),
                found,
            })
        };
        let config = SimConfig {
            seed: self.seed,
            rules: self.rules,
            maps: self.maps.iter().map(find).collect::<Result<_, _>>()?,
            room_types: self.room_types.clone(),
            skins: self.skins.clone(),
            max_rooms: self.max_rooms,
            creates_rooms_for_doors: self.creates_rooms_for_doors,
            first_epoch: self.first_epoch,
        };
        let checked = config.check();
        checked.map_err(|error| HeaderError::InvalidRules(error.to_string()))?;
        Ok(config)
    }
}

/// The last millisecond of the year 9999, in milliseconds since 1970. RFC 3339 cannot express later
/// times.
pub const LAST_WALL_MS: u64 = 253_402_300_799_999;

/// Formats a time in milliseconds since 1970 as RFC 3339 (UTC, with milliseconds). Times after
/// [`LAST_WALL_MS`] are formatted as [`LAST_WALL_MS`].
#[must_use]
pub fn rfc3339(wall_ms: u64) -> String {
    let since = Duration::from_millis(wall_ms.min(LAST_WALL_MS));
    humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since).to_string()
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn as_text<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(seed)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| de::Error::custom("a seed must be a decimal number below 2^64, in a string"))
}
