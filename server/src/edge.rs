//! The edge holds the connections. It parses, checks, limits and enqueues messages, and writes the
//! output of the worlds. It never accesses a world.
//!
//! Each I/O thread owns its connections, which share state in `Rc` and `Cell`, so a message takes
//! no lock. The threads share counts of connections with each other, and only rings and atomics
//! with the tick threads and the desk.
//!
//! Memory of one connection, at most: 16 KiB before its hello (HTTP head 8 KiB, or 2 * 7 KiB of an
//! unfinished hello, and about 2.5 KiB for task and state). After the hello: 2 * 16 KiB of an
//! unfinished message, and an outbox of `outbox_bytes` plus the one frame that exceeded it (8 MiB
//! in the largest room, 100 KiB in one of 1,000). Idle: about 1.5 KiB. While a token is checked, 8
//! KiB that follow the hello may be kept beside it. The kernel's buffers are extra: 128 KiB to
//! send, most of it in flight (unsent.rs), and 64 KiB to receive.
//!
//! Memory of one session: about 0.5 KiB, and the messages that its client has not acknowledged, at
//! most `resume_bytes` (64 KiB). Those of all sessions without a connection are at most 64 MiB for
//! each thread (dropped_sessions.rs).

mod address_limits;
mod admission;
mod admit;
mod authenticating;
mod client;
mod close;
mod connection;
mod deliver;
mod dropped_sessions;
mod flood;
mod hand_over;
mod hello;
mod http;
mod json;
mod listener;
mod message;
mod newcomer;
mod options;
mod peer;
mod presented;
mod proxy_header;
mod reader;
mod reconnect;
mod resume;
mod send;
mod send_buffer;
mod session;
mod sweep;
mod sweep_schedule;
mod thread;
mod time_limit;
mod unsent;
mod upgrade;
mod welcome;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use parlour_shared::limits::{SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON};

use crate::{
    auth::{AuthParts, AuthQueue},
    bridge::{route, tick_status::TickThreads},
    descriptors::Descriptors,
    failure::Failure,
    http::Policy,
    metrics::Metrics,
    rejection::{Rejection, RejectionLog},
};
use address_limits::AddressLimits;
use admission::Admission;
use hand_over::HandOver;
pub(crate) use listener::prepare as prepare_listener;
pub use options::EdgeOptions;
use reconnect::Spread;
pub(crate) use thread::{CloseCounts, IoStart, run};
pub(crate) use welcome::Welcomes;

/// The time limit for the client's answer to a close frame. It starts again whenever the socket
/// takes bytes of an earlier frame that was sent in part. After it, the TCP connection is aborted.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for closing, even if the socket still takes the rest of a large frame: 30 s are
/// enough for 600 KB at 20 KB/s.
const CLOSE_LIMIT: Duration = Duration::from_secs(30);
/// The minimum time between two log lines about a gap, because every thread notices the same gap.
const GAP_LINES: Duration = Duration::from_secs(1);
/// The maximum size of a hello: a token of 4 KiB, names, and what JSON needs around them. A
/// fragmented message takes up to twice as much memory, which must stay below 16 KiB before the
/// hello.
const MAX_HELLO: usize = 7 * 1024;

/// State that all I/O threads share.
pub(crate) struct EdgeShared {
    options: EdgeOptions,
    web: Policy,
    admission: Arc<Admission>,
    hand_over: HandOver,
    address_limits: AddressLimits,
    reject_log: RejectionLog,
    descriptors: Arc<Descriptors>,
    metrics: Arc<Metrics>,
    status: Arc<TickThreads>,
    failure: Arc<Failure>,
    welcomes: Welcomes,
    /// The part of the ids of its sessions that says when this server started.
    start: u32,
    stopping: AtomicBool,
    spread: Spread,
    /// Whether clients without a token are admitted.
    guests: bool,
    /// `None`: there are no keys, so no token can be verified.
    auth: Option<AuthQueue>,
    token_in_query: bool,
    leeway: Duration,
    begin: Instant,
    /// When a gap was last logged, in milliseconds since `begin`.
    gap_logged: AtomicU64,
}

impl EdgeShared {
    /// Creates the state, before any connection.
    pub(crate) fn new(
        (options, io_threads): (EdgeOptions, usize),
        descriptors: Arc<Descriptors>,
        metrics: Arc<Metrics>,
        status: Arc<TickThreads>,
        failure: Arc<Failure>,
        welcomes: Welcomes,
        auth: &AuthParts,
    ) -> Self {
        let admission = Admission::new(
            options.max_connections,
            options.max_unauthenticated_per_address,
            &metrics,
        );
        let spread = Spread::new(
            options.reconnect_window,
            options.reconnect_rate,
            metrics.edge.websockets.clone(),
            crate::system_random::random_bits(),
        );
        Self {
            web: Policy::new(options.allowed_origins.clone(), options.allowed_hosts.clone()),
            admission: Arc::new(admission),
            hand_over: HandOver::new(io_threads),
            address_limits: AddressLimits::new(&options, &metrics),
            options,
            reject_log: RejectionLog::new(),
            descriptors,
            metrics,
            status,
            failure,
            welcomes,
            start: route::start_number(SystemTime::now()),
            stopping: AtomicBool::new(false),
            spread,
            guests: auth.guests,
            auth: auth.queue.clone(),
            token_in_query: auth.token_in_query,
            leeway: auth.leeway,
            begin: Instant::now(),
            gap_logged: AtomicU64::new(0),
        }
    }

    /// Asks the I/O threads to close all connections and end. They notice when they next wake up.
    pub(crate) fn begin_stop(&self) {
        self.spread.all_leave();
        self.stopping.store(true, Ordering::Release);
    }

    /// Returns whether the I/O threads were asked to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Returns the policy of host names and web pages, for both ports.
    pub(crate) fn web(&self) -> &Policy {
        &self.web
    }

    /// Logs that an I/O thread did not run for this long. If the process was stopped, all threads
    /// report it, and only the first report is logged.
    fn log_gap(&self, gap: Duration) {
        let now = self.begin.elapsed().as_millis() as u64;
        let last = self.gap_logged.load(Ordering::Relaxed);
        if last > 0 && now.saturating_sub(last) < GAP_LINES.as_millis() as u64 {
            return;
        }
        if self
            .gap_logged
            .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
        {
            tracing::warn!(
                gap_ms = gap.as_millis() as u64,
                "the server did not run (stopped, suspended or starved): all deadlines of clients start again"
            );
        }
    }

    /// Logs the reason of a rejection that is counted elsewhere, unless its class has used up its
    /// lines of this second. The client is not sent this reason.
    pub(crate) fn log_reason(&self, rejection: Rejection, reason: impl std::fmt::Display) {
        if self.reject_log.may_log(rejection) {
            tracing::info!(class = rejection.class(), %reason, "no ticket");
        }
    }

    /// Counts a rejection, and logs it unless its class has used up its lines of this second.
    /// `from` and `detail` may contain bytes of a peer: they are escaped.
    pub(crate) fn reject(&self, rejection: Rejection, from: impl std::fmt::Display, detail: &str) {
        self.metrics.edge.rejects.add(rejection, 1);
        if rejection == Rejection::TooFewDescriptors {
            self.descriptors
                .warn(&"the rest is kept for files and the admin port");
        } else if self.reject_log.may_log(rejection) {
            let detail: String = detail.chars().take(200).collect();
            tracing::info!(class = rejection.class(), %from, detail = %detail.escape_debug(), "rejected");
        }
    }
}

/// The encoding of messages on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Binary,
    Json,
}

impl Wire {
    /// Returns the subprotocol that the client asked for.
    fn from_subprotocol(name: &str) -> Option<Self> {
        match name {
            SUBPROTOCOL_BINARY => Some(Self::Binary),
            SUBPROTOCOL_JSON => Some(Self::Json),
            _ => None,
        }
    }

    fn subprotocol(self) -> &'static str {
        match self {
            Self::Binary => SUBPROTOCOL_BINARY,
            Self::Json => SUBPROTOCOL_JSON,
        }
    }
}
