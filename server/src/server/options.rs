//! The options of a server, and their defaults.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    time::Duration,
};

use parlour_recording::RecordingOptions;
use parlour_sim::{Logic, SimConfig};
use parlour_tick::Cadence;

use crate::edge::EdgeOptions;

/// The options of a server. [`ServerOptions::new`] returns the defaults.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The address for clients: HTTP, and WebSocket at `/ws`. Port 0: any free port.
    pub listen: SocketAddr,
    /// The address for metrics, health and the history. It has no access control. Port 0: any free
    /// port.
    pub admin: SocketAddr,
    /// The number of threads that serve connections, 1 to 64.
    pub io_threads: usize,
    /// The number of threads that step worlds, 1 to 64. [`Self::auto_tick_threads`] returns a number
    /// for this machine.
    pub tick_threads: usize,
    /// Whether the tick threads get real-time priority, if the system allows it.
    pub realtime: bool,
    /// The world: maps, rules and limits. If its seed is 0, as [`SimConfig::new`] leaves it, the
    /// server takes a random seed at each start, and players get different ids each time. The log
    /// and each recording contain the seed.
    pub sim: SimConfig,
    /// The game logic of the world. What it counts with the crate `metrics` appears in the metrics
    /// of this server ([`crate::MetricsRecorder`]).
    pub logic: Logic,
    /// How connections are admitted, timed and closed.
    pub edge: EdgeOptions,
    /// The time without a tick after which `/livez` answers 503.
    pub livez_timeout: Duration,
    /// How often viewers are sent snapshots. `None`: 60 times a second, and less under load.
    pub cadence: Option<Cadence>,
    /// Recordings and the history.
    pub recording: RecordingOptions,
}

impl ServerOptions {
    /// Returns the number of tick threads for this machine: the cores that this number of I/O
    /// threads leaves, and at least 1.
    #[must_use]
    pub fn auto_tick_threads(io_threads: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        cores.saturating_sub(io_threads).max(1)
    }

    /// Returns the defaults: only loopback addresses, one I/O thread, one tick thread, no game logic, and a history
    /// in memory.
    #[must_use]
    pub fn new(sim: SimConfig) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7373)),
            admin: SocketAddr::from((Ipv4Addr::LOCALHOST, 7374)),
            io_threads: 1,
            tick_threads: 1,
            realtime: true,
            sim,
            logic: Logic::default(),
            edge: EdgeOptions::default(),
            livez_timeout: Duration::from_secs(10),
            cadence: None,
            recording: RecordingOptions::default(),
        }
    }
}
