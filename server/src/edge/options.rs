//! Options of the edge: limits, deadlines, and allowed hosts and origins.

use std::{net::IpAddr, time::Duration};

use parlour_shared::limits::HEARTBEAT_MS;

use crate::http::{HostPattern, OriginPattern};

/// How connections are admitted, timed and closed. The fields have the names of their settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeOptions {
    /// Connections at the same time; more are turned away with 503.
    pub max_connections: u32,
    /// Connections from one address that have not said hello yet; more are turned away with 429.
    pub max_unauthenticated_per_address: u32,
    /// Origins of web pages that may connect, such as `https://example.org`; `*` for any. Empty:
    /// the server's own origin, and loopback. Clients that are not browsers send no origin and may
    /// always connect.
    pub allowed_origins: Vec<OriginPattern>,
    /// Names of the server on both ports, besides those of loopback and the address of the
    /// connection; `*` for any. Empty: no other name over loopback, and any name elsewhere.
    pub allowed_hosts: Vec<HostPattern>,
    /// Time from accept to a valid hello: one deadline for HTTP and hello together.
    pub handshake_timeout: Duration,
    /// Like `handshake_timeout`, for JSON over loopback, where a person may type the hello. It
    /// applies if it is longer, and to the hello only, not to HTTP. At most 16 connections have it
    /// at a time. They do not count towards `max_unauthenticated_per_address`. It has no setting.
    pub handshake_timeout_by_hand: Duration,
    /// After this much silence the server pings; after twice as much it closes with 4002. Clients
    /// learn it from the welcome.
    pub heartbeat: Duration,
    /// Bytes that may wait for a connection that takes no data. If more wait, the server closes it
    /// with 4001.
    pub outbox_bytes: usize,
    /// A connection that takes none of its waiting bytes for this long is closed with 4001.
    pub stall_timeout: Duration,
    /// Closed clients that may come back are spread over at least this time.
    pub reconnect_window: Duration,
    /// Clients that may come back per second. With more clients the window grows.
    pub reconnect_rate: u32,
}

impl Default for EdgeOptions {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_unauthenticated_per_address: 256,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            handshake_timeout: Duration::from_secs(5),
            handshake_timeout_by_hand: Duration::from_secs(60),
            heartbeat: Duration::from_millis(HEARTBEAT_MS.into()),
            outbox_bytes: 256 * 1024,
            stall_timeout: Duration::from_secs(5),
            reconnect_window: Duration::from_secs(2),
            reconnect_rate: 1000,
        }
    }
}

impl EdgeOptions {
    /// Returns how long a person has to type the hello, on a connection to this address.
    #[must_use]
    pub fn time_to_type_hello(&self, address: IpAddr) -> Duration {
        match address.to_canonical().is_loopback() {
            true => self.handshake_timeout.max(self.handshake_timeout_by_hand),
            false => self.handshake_timeout,
        }
    }
}
