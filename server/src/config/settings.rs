//! The values of all settings, and what they make of a world.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use parlour_shared::{limits::TICK_RATE, map::Map};
use parlour_sim::{Interest, Logic, RateLimits, RoomRules, SimConfig, TalkLimit};
use parlour_tick::Cadence;

use crate::{
    http::{HostPattern, OriginPattern},
    maps::Bundled,
    recording::RecordingOptions,
    server::ServerOptions,
};

/// The values of all settings. Each field has the name of its setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where metrics and health are served.
    pub admin: SocketAddr,
    /// Origins that browsers may connect from, or `*`; empty: the server's own and loopback.
    pub allowed_origins: Vec<OriginPattern>,
    /// Names under which the server may be reached, or `*`; empty: loopback names over loopback, any elsewhere.
    pub allowed_hosts: Vec<HostPattern>,
    /// Threads that serve connections.
    pub io_threads: usize,
    /// Whether the thread that runs the world gets real-time priority where that is allowed.
    pub realtime: bool,
    /// Connections at most.
    pub max_connections: u32,
    /// Connections of one address that have not joined yet.
    pub max_unauthenticated_per_address: u32,
    /// From accept to the end of the handshake.
    pub handshake_timeout: Duration,
    /// Silence after which a client is pinged.
    pub heartbeat: Duration,
    /// How often viewers are sent snapshots; `None`: as often as there is room for.
    pub cadence: Option<Cadence>,
    /// Bytes that may wait for a client.
    pub outbox_bytes: usize,
    /// For how long a client may take nothing of what waits for it.
    pub stall_timeout: Duration,
    /// Closed clients that may come back are spread over at least this time.
    pub reconnect_window: Duration,
    /// Clients that may come back in a second.
    pub reconnect_rate: u32,
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
    /// A directory that every tick is recorded to.
    pub record: Option<PathBuf>,
    /// MiB of a recording's file.
    pub record_file_mib: u64,
    /// Minutes in a recording's file.
    pub record_file_minutes: u64,
    /// MiB of all recordings in a directory.
    pub record_total_mib: u64,
    /// So much of the past is kept in memory.
    pub history: Duration,
    /// MiB that it may take there.
    pub history_mib: usize,
    /// Where it is written to; `None` is automatic.
    pub history_dir: Option<PathBuf>,
    /// Whether the recording is run again at once, and compared.
    pub shadow: bool,
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
            allowed_origins: server.allowed_origins,
            allowed_hosts: server.allowed_hosts,
            io_threads: server.io_threads,
            realtime: server.realtime,
            max_connections: server.max_connections,
            max_unauthenticated_per_address: server.max_unauthenticated_per_address,
            handshake_timeout: server.handshake_timeout,
            heartbeat: server.heartbeat,
            cadence: server.cadence,
            outbox_bytes: server.outbox_bytes,
            stall_timeout: server.stall,
            reconnect_window: server.reconnect_window,
            reconnect_rate: server.reconnect_rate,
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
            record: server.recording.directory,
            record_file_mib: server.recording.file_bytes >> 20,
            record_file_minutes: server.recording.file_age.as_secs() / 60,
            record_total_mib: server.recording.total_bytes >> 20,
            history: server.recording.history,
            history_mib: server.recording.history_bytes >> 20,
            history_dir: server.recording.history_directory,
            shadow: server.recording.shadow,
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
            max_connections: self.max_connections,
            max_unauthenticated_per_address: self.max_unauthenticated_per_address,
            allowed_origins: self.allowed_origins.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            handshake_timeout: self.handshake_timeout,
            handshake_timeout_by_hand: ServerOptions::BY_HAND,
            heartbeat: self.heartbeat,
            cadence: self.cadence,
            outbox_bytes: self.outbox_bytes,
            stall: self.stall_timeout,
            reconnect_window: self.reconnect_window,
            reconnect_rate: self.reconnect_rate,
            livez_timeout: self.livez_timeout,
            recording: self.recording(),
        }
    }

    /// What is recorded.
    fn recording(&self) -> RecordingOptions {
        RecordingOptions {
            directory: self.record.clone(),
            file_bytes: self.record_file_mib << 20,
            file_age: Duration::from_secs(60 * self.record_file_minutes),
            total_bytes: self.record_total_mib << 20,
            history: self.history,
            history_bytes: self.history_mib << 20,
            history_directory: self.history_dir.clone(),
            shadow: self.shadow,
            ..RecordingOptions::default()
        }
    }

    /// The world that these settings ask for. Without a seed it has seed 0, for which a server takes a random one.
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
