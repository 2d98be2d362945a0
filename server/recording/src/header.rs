//! What a recording says of the world it is of: all that a replay must have before the first tick.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use parlour_shared::{
    codec::SCHEMA,
    limits::{PROTOCOL, TICK_RATE},
    map::Map,
    text::count,
};
use parlour_sim::{RoomRules, SimConfig};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::{
    format::{Chain, FORMAT, hex},
    map_digest,
};

/// The first chunk of a recording, as JSON. Fields that a reader does not know are ignored, except in `rules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format of the file, as in its first bytes.
    pub format: u16,
    /// The version of the simulation: the same inputs give the same hashes only under the same one.
    pub simulation: u32,
    /// The version of the protocol, [`PROTOCOL`].
    pub protocol: u16,
    /// The form of the messages in it, [`SCHEMA`].
    pub schema: u32,
    /// The program that recorded, as it calls itself: its version and commit.
    pub build: String,
    /// Ticks per second.
    pub tick_rate: u32,
    /// When the recording began, for people: RFC 3339, UTC.
    pub started: String,
    /// The same in milliseconds since 1970.
    pub started_ms: u64,
    /// What every stream of chance was seeded from. A text in JSON, where numbers end at 2^53.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub seed: u64,
    /// The rules of every room.
    pub rules: RoomRules,
    /// Rooms that may exist at once.
    pub max_rooms: u32,
    /// What welcomes say of the heartbeat, in milliseconds.
    pub heartbeat_ms: u32,
    /// The catalogue of skins, by index.
    pub skins: Vec<String>,
    /// The maps, in the order in which the world had them.
    pub maps: Vec<RecordedMap>,
    /// Names of the parts of the state; each tick has one fingerprint for each of them.
    pub state: Vec<String>,
    /// The file that this one goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Why the history was written, as in the names of such files. A recording has none: so the two can be told apart
    /// whatever their names are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
}

/// The text of a history's end marker. Files of older programs have only this to tell them from recordings.
pub(crate) const HISTORY: &str = "the history of a server";

/// A map by name and by all that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedMap {
    /// Its name.
    pub name: String,
    /// Its [`map_digest`](super::map_digest()), hexadecimal.
    pub digest: String,
}

/// The file before this one, when a recording was begun anew because the file grew large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its name, without a directory.
    pub file: String,
    /// Its [`Recording::chain`](super::format::Recording::chain): that of its end marker.
    pub chain: Chain,
}

/// Why a recording cannot be replayed by this program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// The world worked otherwise then.
    #[error(
        "this recording was made by simulation version {recorded}, this program replays version {ours}: \
         use the parlour that made it, which calls itself {build}"
    )]
    Simulation {
        /// The recording's.
        recorded: u32,
        /// This program's.
        ours: u32,
        /// The program that recorded.
        build: String,
    },
    /// Messages looked otherwise then.
    #[error(
        "this recording holds messages of protocol {protocol}, schema {schema:#010x}; this program reads protocol \
         {PROTOCOL}, schema {SCHEMA:#010x}: use the parlour that made it, which calls itself {build}"
    )]
    Messages {
        /// The recording's protocol.
        protocol: u16,
        /// The recording's schema.
        schema: u32,
        /// The program that recorded.
        build: String,
    },
    /// Ticks were of another length.
    #[error(
        "this recording has {} per second, this program {TICK_RATE}: use the parlour that made it, which calls itself {build}",
        count(*.recorded, "tick")
    )]
    TickRate {
        /// The recording's.
        recorded: u32,
        /// The program that recorded.
        build: String,
    },
}

/// Why no world can be made as a recording says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// A map is not there.
    #[error(
        "the recording was made with the map {0:?}, which is not here: name the directory it is in with --maps DIR"
    )]
    NoMap(String),
    /// A map of that name is there, but is not the same.
    #[error(
        "the map {name:?} is not the one that was recorded (digest {found}, recorded {recorded}): \
         name the directory with the recorded one with --maps DIR"
    )]
    OtherMap {
        /// The map's name.
        name: String,
        /// Hexadecimal.
        recorded: String,
        /// Hexadecimal.
        found: String,
    },
    /// No program would have recorded that.
    #[error("the recording's header is not one that parlour writes: {0}")]
    Impossible(String),
}

impl Header {
    /// The header of a recording of such a world that begins at `started_ms` (milliseconds since 1970), made by the program
    /// that calls itself `build`.
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
            tick_rate: TICK_RATE,
            started: rfc3339(started_ms),
            started_ms,
            seed: config.seed,
            rules: config.rules,
            max_rooms: config.max_rooms,
            heartbeat_ms: config.heartbeat_ms,
            skins: config.skins.clone(),
            maps: config.maps.iter().map(recorded).collect(),
            state,
            previous: None,
            history: None,
        }
    }

    /// Whether it is of the same world as another one: what it was made with is the same.
    #[must_use]
    pub fn is_of_the_world_of(&self, other: &Self) -> bool {
        let mut like = self.clone();
        like.started.clone_from(&other.started);
        like.started_ms = other.started_ms;
        like.previous.clone_from(&other.previous);
        like.history.clone_from(&other.history);
        like == *other
    }

    /// Whether this program, with this version of the simulation, would do what was recorded.
    ///
    /// # Errors
    /// What differs, and which program to use instead.
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

    /// Whether this program reads the messages in it.
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

    /// What the recorded world was made with, its maps taken from those that are here. Of several with one name the one
    /// that was recorded is taken.
    ///
    /// # Errors
    /// A map that is missing or differs, or rules that no world can have.
    pub fn sim_config(&self, maps: &[Arc<Map>]) -> Result<SimConfig, HeaderError> {
        self.rules
            .check()
            .map_err(|error| HeaderError::Impossible(error.to_string()))?;
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
        Ok(SimConfig {
            seed: self.seed,
            rules: self.rules,
            maps: self.maps.iter().map(find).collect::<Result<_, _>>()?,
            skins: self.skins.clone(),
            heartbeat_ms: self.heartbeat_ms,
            max_rooms: self.max_rooms,
        })
    }
}

/// The last millisecond of the year 9999, in milliseconds since 1970: what lies beyond it has no text; no clock says so.
pub const LAST_WALL_MS: u64 = 253_402_300_799_999;

/// A time in milliseconds since 1970 as the log has it: RFC 3339, UTC, milliseconds. At most [`LAST_WALL_MS`].
#[must_use]
pub fn rfc3339(wall_ms: u64) -> String {
    let since = Duration::from_millis(wall_ms.min(LAST_WALL_MS));
    humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since).to_string()
}

fn as_text<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(seed)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| de::Error::custom("a seed is a decimal number below 2^64, as a text"))
}
