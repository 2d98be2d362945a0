//! What a server is started with, and why it may not start.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use parlour_recording::{RecordingError, RecordingOptions};
use parlour_sim::{Logic, SimConfig};
use parlour_tick::Cadence;

use crate::edge::EdgeOptions;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where players connect: HTTP and WebSocket. Port 0: any free one.
    pub listen: SocketAddr,
    /// Where health and metrics are. Whoever reaches it can read them. Port 0: any free one.
    pub admin: SocketAddr,
    /// Threads that hold sockets, 1 to 64.
    pub io_threads: usize,
    /// Whether the tick thread gets real-time priority where the system allows it.
    pub realtime: bool,
    /// The world. If its seed is 0, as [`SimConfig::new`] leaves it, the server takes a random seed at each start, and players
    /// have other ids than before. The log and each recording name the seed. Another seed is taken as it is.
    pub sim: SimConfig,
    /// Game logic that is added to the world. What it counts with the crate `metrics` is in the metrics of this server:
    /// [`crate::Recorder`].
    pub logic: Logic,
    /// How connections are admitted, timed and closed.
    pub edge: EdgeOptions,
    /// After this long without a tick `/livez` says 503.
    pub livez_timeout: Duration,
    /// How often viewers are sent snapshots; none: 60 times a second as long as there is room, and less under pressure.
    pub cadence: Option<Cadence>,
    /// What is recorded.
    pub recording: RecordingOptions,
}

impl ServerOptions {
    /// The defaults: loopback only, one I/O thread.
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
    /// A port cannot be had.
    #[error("cannot listen on {address}: {}", hint(source, flag))]
    Listen {
        /// Which.
        address: SocketAddr,
        /// The flag that chooses it.
        flag: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A thread, its runtime or its wake-up could not be made.
    #[error("cannot start a thread: {0}; is a limit of processes, memory or open files too low?")]
    Thread(#[from] io::Error),
    /// The process may have so few files open that none is left for a connection.
    #[error(
        "the limit of open files is {limit}, which leaves none for connections; raise it (ulimit -n, or LimitNOFILE= of \
         systemd)"
    )]
    OpenFiles {
        /// The limit.
        limit: u64,
    },
    /// It cannot record where it should.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

fn hint(error: &io::Error, flag: &str) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("address in use; is another server running? Stop it, or choose another port with {flag}")
        }
        io::ErrorKind::PermissionDenied => {
            format!("permission denied; ports below 1024 take a privilege, choose another with {flag}")
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
