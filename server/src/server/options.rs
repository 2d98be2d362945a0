//! The options of a server, and the errors of its start.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use parlour_recording::{RecordingError, RecordingOptions};
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
    /// Whether the tick thread gets real-time priority, if the system allows it.
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
    /// Returns the defaults: only loopback addresses, one I/O thread, no game logic, and a history
    /// in memory.
    #[must_use]
    pub fn new(sim: SimConfig) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7373)),
            admin: SocketAddr::from((Ipv4Addr::LOCALHOST, 7374)),
            io_threads: 1,
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

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is not available.
    #[error("cannot listen on {address}: {}", hint(source, flag))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The flag of `parlour` that sets the address.
        flag: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// A thread, its runtime or its wake-up could not be created.
    #[error("cannot start a thread: {0}; is a limit of processes, memory or open files too low?")]
    Thread(#[from] io::Error),
    /// The limit of open files is too low to accept a connection.
    #[error(
        "the limit of open files is {limit}, which leaves none for connections; raise it with ulimit -n, \
         or LimitNOFILE= of systemd"
    )]
    OpenFiles {
        /// The limit.
        limit: u64,
    },
    /// The recording or the history cannot be written.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

fn hint(error: &io::Error, flag: &str) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "address in use; is another server running? Stop it, or choose a different port with {flag}"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "permission denied; ports below 1024 need a privilege, so choose a different port with {flag}"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("this machine does not have this address; choose a different one with {flag}")
        }
        _ => format!("{error}; choose a different address with {flag}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_port_in_use_contains_advice() {
        let error = StartError::Listen {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 7373)),
            flag: "--listen",
            source: io::ErrorKind::AddrInUse.into(),
        };
        let text = error.to_string();
        assert!(
            text.starts_with("cannot listen on 127.0.0.1:7373: address in use;"),
            "{text}"
        );
        assert!(text.ends_with("with --listen"), "{text}");
    }
}
