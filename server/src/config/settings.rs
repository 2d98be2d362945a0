//! The values of all settings, and how they become the options of a server.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use parlour_recording::RecordingOptions;
use parlour_shared::{limits::TICK_RATE, map::Map, motion::Speeds};
use parlour_sim::{BroadcastLimit, Interest, OnDrop, RateLimits, RoomRules, SimConfig};
use parlour_tick::Cadence;

use super::room_type_settings::RoomTypeSettings;
use crate::{
    auth::AuthOptions,
    edge::EdgeOptions,
    maps::BundledMaps,
    secret::Secret,
    server::{AdminToken, ServerOptions},
};

/// The values of all settings. [`Settings::server_options`] returns the options of a server with
/// these values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address for clients.
    pub listen: SocketAddr,
    /// The address for metrics, health and the history.
    pub admin: SocketAddr,
    /// The token of the admin port.
    pub admin_token: Option<Secret>,
    /// The file with the token of the admin port.
    pub admin_token_file: Option<PathBuf>,
    /// The number of threads that serve connections.
    pub io_threads: usize,
    /// The number of threads that step worlds. `None`: one for each core that the I/O threads
    /// leave.
    pub tick_threads: Option<usize>,
    /// Whether the tick threads get real-time priority where the system allows it.
    pub realtime: bool,
    /// How connections are admitted, timed and closed.
    pub edge: EdgeOptions,
    /// The rules for who may connect.
    pub auth: AuthOptions,
    /// How often viewers are sent snapshots. `None`: as often as the load allows.
    pub cadence: Option<Cadence>,
    /// The time without a tick after which `/livez` fails.
    pub livez_timeout: Duration,
    /// The seed of all random streams, at least 1. `None`: a random seed at each start.
    pub seed: Option<u64>,
    /// The bundled maps to serve.
    pub bundled_maps: BundledMaps,
    /// A directory with more maps.
    pub maps: Option<PathBuf>,
    /// The file of a catalogue of skins. `None`: the bundled catalogue.
    pub skins: Option<PathBuf>,
    /// The interest radius in pixels. `None`: players see everyone in the room.
    pub interest_radius: Option<u32>,
    /// The near radius in pixels, if the interest radius is `None`. `None`: the default of the
    /// simulation.
    pub near_radius: Option<u32>,
    /// The maximum number of players in a room.
    pub capacity: u32,
    /// The maximum number of objects in a room.
    pub max_objects: u32,
    /// The speeds of movement commands with an angle.
    pub speeds: Speeds,
    /// The time after which an empty room is removed.
    pub room_empty_after: Duration,
    /// How a player moves whose link is lost.
    pub on_drop: OnDrop,
    /// The maximum number of rooms.
    pub max_rooms: u32,
    /// The rate limits of a player.
    pub rates: RateLimits,
    /// The limit on chat and state writes in a room, in MiB per second: bytes times listeners.
    pub room_talk_mib: u32,
    /// The room types of the file, in its order.
    pub room_types: Vec<RoomTypeSettings>,
    /// Recordings and the history.
    pub recording: RecordingOptions,
    /// The directory in which worlds are kept while the process does not run.
    pub state: Option<PathBuf>,
    /// The filter of log lines.
    pub log: String,
    /// The format of log lines.
    pub log_format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        let server = ServerOptions::new(SimConfig::new(Vec::new()));
        let rules = server.sim.rules;
        Self {
            listen: server.listen,
            admin: server.admin,
            admin_token: None,
            admin_token_file: None,
            io_threads: server.io_threads,
            tick_threads: Some(server.tick_threads),
            realtime: server.realtime,
            edge: server.edge,
            auth: server.auth,
            cadence: server.cadence,
            livez_timeout: server.livez_timeout,
            seed: None,
            bundled_maps: BundledMaps::All,
            maps: None,
            skins: None,
            interest_radius: match rules.interest {
                Interest::Near => Some(rules.near_px),
                Interest::All => None,
            },
            near_radius: None,
            capacity: rules.capacity,
            max_objects: rules.max_objects,
            speeds: rules.speeds,
            room_empty_after: time(rules.empty_ticks),
            on_drop: rules.on_drop,
            max_rooms: server.sim.max_rooms,
            rates: rules.rates,
            room_talk_mib: rules.broadcast.as_mib_per_second(),
            room_types: Vec::new(),
            recording: server.recording,
            state: server.state,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

impl Settings {
    /// Returns the token of the admin port, if there is one.
    pub(crate) fn admin_token(&self) -> Option<AdminToken> {
        let file = self.admin_token_file.clone().map(AdminToken::File);
        self.admin_token.clone().map(AdminToken::Text).or(file)
    }

    /// Returns the configuration of a world with these settings. Without a seed it has seed 0,
    /// which a server replaces with a random one.
    #[must_use]
    pub fn sim(&self, maps: Vec<Arc<Map>>, skins: Vec<String>) -> SimConfig {
        SimConfig {
            seed: self.seed.unwrap_or_default(),
            rules: self.rules(),
            skins,
            max_rooms: self.max_rooms,
            ..SimConfig::new(maps)
        }
    }

    /// Returns the rules of rooms, which room types may change.
    pub(super) fn rules(&self) -> RoomRules {
        let defaults = RoomRules::default();
        RoomRules {
            capacity: self.capacity,
            max_objects: self.max_objects,
            near_px: self
                .interest_radius
                .or(self.near_radius)
                .unwrap_or(defaults.near_px),
            interest: match self.interest_radius {
                Some(_) => Interest::Near,
                None => Interest::All,
            },
            empty_ticks: ticks(self.room_empty_after),
            rates: self.rates,
            speeds: self.speeds,
            on_drop: self.on_drop,
            broadcast: BroadcastLimit::mib_per_second(self.room_talk_mib),
            ..defaults
        }
    }
}

/// Returns the number of ticks in a time, rounded up. The setting is at most a day, so it fits.
fn ticks(time: Duration) -> u32 {
    let ticks = (time.as_millis() * u128::from(TICK_RATE)).div_ceil(1000);
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

fn time(ticks: u32) -> Duration {
    Duration::from_secs(1) * ticks / TICK_RATE
}
