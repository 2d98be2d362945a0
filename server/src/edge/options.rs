//! Options of the edge: limits, deadlines, and allowed hosts and origins.

use std::{net::IpAddr, time::Duration};

use parlour_shared::limits::HEARTBEAT_MS;

use crate::{
    attempt_rate::AttemptRate,
    http::{HostPattern, OriginPattern},
    proxies::TrustedProxy,
};

/// How connections are admitted, timed and closed. The fields have the names of their settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeOptions {
    /// The maximum number of connections. A tenth more may resume a session. Up to 1,024 more get a
    /// 503; further ones are closed without a response.
    pub max_connections: u32,
    /// The maximum number of connections of one address that have not sent a hello yet. Up to twice
    /// as many get a 429; further ones are closed without a response.
    pub max_unauthenticated_per_address: u32,
    /// The rate limit on the connections of one address. More get a 429. `None`: no limit.
    ///
    /// The default admits a school of 1,000 behind one address at the same moment, for example
    /// after a restart of the server, and 100 more each second.
    pub handshakes_per_address: Option<AttemptRate>,
    /// The rate limit on the hellos of one address. More are closed with 4004. `None`: no limit.
    ///
    /// The default has the same burst as that of handshakes, and half of their rate: a hello costs
    /// more, because it opens a session.
    pub hellos_per_address: Option<AttemptRate>,
    /// Proxies that report the addresses of their clients. Nobody else is believed.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whether each connection from a trusted proxy begins with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// Origins of web pages that may connect, such as `https://example.org`, or `*` for all. If
    /// empty: the server's own origin, and loopback. Clients that are not browsers send no origin
    /// and may always connect.
    pub allowed_origins: Vec<OriginPattern>,
    /// Names of the server on both ports, besides those of loopback and the address of the
    /// connection, or `*` for all. If empty: no other name over loopback, and all names elsewhere.
    pub allowed_hosts: Vec<HostPattern>,
    /// The time limit from accepting a connection to its hello, HTTP included.
    pub handshake_timeout: Duration,
    /// Like `handshake_timeout`, for JSON over loopback, where a person may type the hello. It
    /// applies if it is longer, and to the hello only, not to HTTP. At most 16 connections have it
    /// at a time. They do not count towards `max_unauthenticated_per_address`. It has no setting.
    pub typed_hello_timeout: Duration,
    /// A client that is silent for this long is pinged. After twice as long, the connection is
    /// closed with 4002. The welcome contains this time.
    pub heartbeat: Duration,
    /// Bytes that may wait for a connection that accepts no data. If more wait, the server closes
    /// it with 4001.
    pub outbox_bytes: usize,
    /// A connection that takes none of its waiting bytes for this long is closed with 4001.
    pub stall_timeout: Duration,
    /// Clients whose connections were closed come back at a random time within this window, or
    /// within a longer one if there are many.
    pub reconnect_window: Duration,
    /// The maximum number of clients per second that come back after a restart. The window lasts at
    /// least the number of clients divided by this rate.
    pub reconnect_rate: u32,
    /// A player whose connection was lost stays in its room for this long, and its client may
    /// resume the session. Zero: a session ends with its connection.
    pub resume_timeout: Duration,
    /// Bytes of messages that are kept for a client until it has received them. If more wait, the
    /// oldest are lost, and the client is sent the whole state when it resumes.
    pub resume_bytes: usize,
    /// The maximum number of sessions without a connection, divided among the I/O threads. If a
    /// thread has more, those that lost their connections first end.
    pub max_dropped_sessions: usize,
}

impl Default for EdgeOptions {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_unauthenticated_per_address: 256,
            handshakes_per_address: AttemptRate::new(1000, 100, Duration::from_secs(1)),
            hellos_per_address: AttemptRate::new(1000, 50, Duration::from_secs(1)),
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            handshake_timeout: Duration::from_secs(5),
            typed_hello_timeout: Duration::from_secs(60),
            heartbeat: Duration::from_millis(HEARTBEAT_MS.into()),
            outbox_bytes: 256 * 1024,
            stall_timeout: Duration::from_secs(5),
            reconnect_window: Duration::from_secs(2),
            reconnect_rate: 1000,
            resume_timeout: Duration::from_secs(120),
            resume_bytes: 64 * 1024,
            max_dropped_sessions: 100_000,
        }
    }
}

impl EdgeOptions {
    /// Whether sessions outlive their connections.
    pub(super) fn is_resumable(&self) -> bool {
        !self.resume_timeout.is_zero()
    }

    /// Returns how long a person has to type the hello, on a connection to this address.
    #[must_use]
    pub fn time_to_type_hello(&self, address: IpAddr) -> Duration {
        match address.to_canonical().is_loopback() {
            true => self.handshake_timeout.max(self.typed_hello_timeout),
            false => self.handshake_timeout,
        }
    }
}
