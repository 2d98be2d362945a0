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

/// The options of a server.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The address for players: HTTP and WebSocket. Port 0: any free port.
    pub listen: SocketAddr,
    /// The address for health and metrics, readable by everyone who reaches it. Port 0: any free
    /// port.
    pub admin: SocketAddr,
    /// The number of threads that serve connections, 1 to 64.
    pub io_threads: usize,
    /// Whether the tick thread gets real-time priority where the system allows it.
    pub realtime: bool,
    /// The world. If its seed is 0, as [`SimConfig::new`] leaves it, the server takes a random seed
    /// at each start, and players have different ids each time. The log and each recording contain
    /// the seed. Any other seed is used as it is.
    pub sim: SimConfig,
    /// Game logic to add to the world. What it counts with the crate `metrics` is in the metrics of
    /// this server: [`crate::MetricsRecorder`].
    pub logic: Logic,
    /// How connections are admitted, timed and closed.
    pub edge: EdgeOptions,
    /// After this long without a tick `/livez` answers 503.
    pub livez_timeout: Duration,
    /// How often viewers are sent snapshots. `None`: 60 times a second, and less under load.
    pub cadence: Option<Cadence>,
    /// What to record.
    pub recording: RecordingOptions,
}

impl ServerOptions {
    /// Returns the defaults: loopback only, one I/O thread.
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
        /// The flag that sets it.
        flag: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// A thread, its runtime or its wake-up could not be created.
    #[error("cannot start a thread: {0}; is a limit of processes, memory or open files too low?")]
    Thread(#[from] io::Error),
    /// The limit of open files leaves none for a connection.
    #[error(
        "the limit of open files is {limit}, which leaves none for connections; raise it (ulimit -n, or LimitNOFILE= of \
         systemd)"
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
            format!("permission denied; ports below 1024 need a privilege, choose another with {flag}")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("this machine has no such address; choose another with {flag}")
        }
        _ => format!("{error}; choose another with {flag}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_says_what_to_do() {
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
