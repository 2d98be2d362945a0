//! The values of all settings, and what they make of a world.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use parlour_recording::RecordingOptions;
use parlour_shared::{limits::TICK_RATE, map::Map};
use parlour_sim::{Interest, Logic, RateLimits, RoomRules, SimConfig, TalkLimit};
use parlour_tick::Cadence;

use crate::{edge::EdgeOptions, maps::Bundled, server::ServerOptions};

/// The values of all settings. `edge` and `recording` go into [`ServerOptions`] as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where metrics and health are served.
    pub admin: SocketAddr,
    /// Threads that serve connections.
    pub io_threads: usize,
    /// Whether the thread that runs the world gets real-time priority where that is allowed.
    pub realtime: bool,
    /// How connections are admitted, timed and closed.
    pub edge: EdgeOptions,
    /// How often viewers are sent snapshots; `None`: as often as there is room for.
    pub cadence: Option<Cadence>,
    /// Time without a tick after which `/livez` fails.
    pub livez_timeout: Duration,
    /// Seeds every stream of chance, from 1 on; `None` is a random seed at each start.
    pub seed: Option<u64>,
    /// Which of the bundled maps are served.
    pub bundled_maps: Bundled,
    /// A directory with further maps.
    pub maps: Option<PathBuf>,
    /// A file with the skins, instead of the bundled ones.
    pub skins: Option<PathBuf>,
    /// How near is shown, in pixels; `None` shows everyone in the room.
    pub interest_radius: Option<u32>,
    /// How near is near where everyone is shown; `None` is automatic.
    pub near_radius: Option<u32>,
    /// Players in a room.
    pub capacity: u32,
    /// For how long a room stands empty before it is cleaned up.
    pub room_empty_after: Duration,
    /// Rooms at most.
    pub max_rooms: u32,
    /// How often a player may ask for what.
    pub rates: RateLimits,
    /// MiB a second of chats and state writes in a room, bytes times listeners.
    pub room_talk_mib: u32,
    /// What is recorded.
    pub recording: RecordingOptions,
    /// Which log lines are written.
    pub log: String,
    /// How they are written.
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        let server = ServerOptions::new(SimConfig::new(Vec::new()));
        let rules = server.sim.rules;
        Self {
            listen: server.listen,
            admin: server.admin,
            io_threads: server.io_threads,
            realtime: server.realtime,
            edge: server.edge,
            cadence: server.cadence,
            livez_timeout: server.livez_timeout,
            seed: None,
            bundled_maps: Bundled::All,
            maps: None,
            skins: None,
            interest_radius: match rules.interest {
                Interest::Near => Some(rules.near_px),
                Interest::All => None,
            },
            near_radius: None,
            capacity: rules.capacity,
            room_empty_after: time(rules.empty_ticks),
            max_rooms: server.sim.max_rooms,
            rates: rules.rates,
            room_talk_mib: rules.talk.as_mib_per_second(),
            recording: server.recording,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

impl Settings {
    /// The server that these settings ask for, with these maps and skins.
    #[must_use]
    pub fn server_options(&self, maps: Vec<Arc<Map>>, skins: Vec<String>) -> ServerOptions {
        ServerOptions {
            listen: self.listen,
            admin: self.admin,
            io_threads: self.io_threads,
            realtime: self.realtime,
            sim: self.sim(maps, skins),
            logic: Logic::default(),
            edge: self.edge.clone(),
            cadence: self.cadence,
            livez_timeout: self.livez_timeout,
            recording: self.recording.clone(),
        }
    }

    /// The world that these settings ask for. Without a seed it has seed 0, for which a server
    /// takes a random one.
    #[must_use]
    pub fn sim(&self, maps: Vec<Arc<Map>>, skins: Vec<String>) -> SimConfig {
        let defaults = RoomRules::default();
        SimConfig {
            seed: self.seed.unwrap_or_default(),
            rules: RoomRules {
                capacity: self.capacity,
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
                talk: TalkLimit::mib_per_second(self.room_talk_mib),
                ..defaults
            },
            skins,
            max_rooms: self.max_rooms,
            ..SimConfig::new(maps)
        }
    }
}

/// The ticks in a time, rounded up; times in settings are bounded.
fn ticks(time: Duration) -> u32 {
    let ticks = (time.as_millis() * u128::from(TICK_RATE)).div_ceil(1000);
    u32::try_from(ticks).unwrap_or(u32::MAX)
}

fn time(ticks: u32) -> Duration {
    Duration::from_secs(1) * ticks / TICK_RATE
}
