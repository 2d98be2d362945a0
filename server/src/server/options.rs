//! What a server is started with, and why it may not start.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use parlour_shared::limits::HEARTBEAT_MS;
use parlour_sim::{Logic, SimConfig};
use parlour_tick::Cadence;

use crate::{
    http::{HostPattern, OriginPattern},
    recording::{RecordingError, RecordingOptions},
};

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
    /// Connections at once; more are turned away with 503.
    pub max_connections: u32,
    /// Connections of one address that have not said hello yet; more are turned away with 429.
    pub max_unauthenticated_per_address: u32,
    /// Origins of web pages that may connect, as `https://example.org`; `*` for any. Empty: the server's own host,
    /// and loopback. Clients that are no browsers send no origin and may always connect.
    pub allowed_origins: Vec<OriginPattern>,
    /// Names under which the server may be reached, on both ports, besides those of loopback and the address of the
    /// connection; `*` for any. Empty: no other over loopback, and any on other addresses.
    pub allowed_hosts: Vec<HostPattern>,
    /// From accepting a connection to its valid hello: one deadline for HTTP and hello together.
    pub handshake_timeout: Duration,
    /// The same for JSON over loopback, where a person may type the hello, if this is longer. 16 connections at a time have
    /// it; they do not count for `max_unauthenticated_per_address`. Only the hello may take longer, not HTTP.
    pub handshake_timeout_by_hand: Duration,
    /// After this much silence the server pings; after twice as much it closes with 4002.
    pub heartbeat: Duration,
    /// Bytes that may wait for a connection that does not take data; more, and it is closed with 4001.
    pub outbox_bytes: usize,
    /// A connection that takes nothing of what waits for it for this long is closed with 4001.
    pub stall: Duration,
    /// Closed clients that may come back are spread over at least this time.
    pub reconnect_window: Duration,
    /// Clients that may come back in a second: with more of them the window grows.
    pub reconnect_rate: u32,
    /// After this long without a tick `/livez` says 503.
    pub livez_timeout: Duration,
    /// How often viewers are sent snapshots; none: 60 times a second as long as there is room, and less under pressure.
    pub cadence: Option<Cadence>,
    /// What is recorded.
    pub recording: RecordingOptions,
}

impl ServerOptions {
    /// What [`handshake_timeout_by_hand`](Self::handshake_timeout_by_hand) is by default.
    pub const BY_HAND: Duration = Duration::from_secs(60);

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
            max_connections: 20_000,
            max_unauthenticated_per_address: 256,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            handshake_timeout: Duration::from_secs(5),
            handshake_timeout_by_hand: Self::BY_HAND,
            heartbeat: Duration::from_millis(HEARTBEAT_MS.into()),
            outbox_bytes: 256 * 1024,
            stall: Duration::from_secs(5),
            reconnect_window: Duration::from_secs(2),
            reconnect_rate: 1000,
            livez_timeout: Duration::from_secs(10),
            cadence: None,
            recording: RecordingOptions::default(),
        }
    }

    /// How long a person has to type the hello, on a connection to this address.
    #[must_use]
    pub fn time_to_type_hello(&self, address: IpAddr) -> Duration {
        match address.to_canonical().is_loopback() {
            true => self.handshake_timeout.max(self.handshake_timeout_by_hand),
            false => self.handshake_timeout,
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
