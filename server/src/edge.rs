//! The sockets: parse, authenticate, limit, enqueue; and write what the world says. Nothing here touches the world.
//!
//! Each I/O thread is alone with its connections: what they share lives in `Rc` and `Cell`, and no lock is taken for
//! a message. The threads share counts of connections, and nothing with the tick thread but rings and atomics.
//!
//! Memory of one connection, at most: 16 KiB before its hello (HTTP head 8 KiB, or 2 * 7 KiB of an unfinished hello,
//! and about 2.5 KiB for task and state); then 2 * 16 KiB of an unfinished message, and an outbox of `outbox_bytes`
//! plus the one frame that exceeded it (8 MiB in the largest room, 100 KiB in one of 1,000). Idle: about 1.5 KiB. The
//! kernel's buffers are extra: 128 KiB to send, most of it on its way (unsent.rs), and 64 KiB to receive.

mod admission;
mod agenda;
mod close;
mod connection;
mod deadline;
mod deliver;
mod flood;
mod hello;
mod http;
mod json;
mod listener;
mod message;
mod options;
mod outbox;
mod reconnect;
mod send;
mod sweep;
mod thread;
mod unsent;
mod upgrade;
mod websocket;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parlour_shared::limits::{SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON};

use crate::{
    bridge::tick_status::TickStatus,
    descriptors::Descriptors,
    failure::Failure,
    http::Policy,
    metrics::Metrics,
    reject::{Reject, RejectLog},
};
use admission::Admission;
pub(crate) use listener::prepare as prepare_listener;
pub use options::EdgeOptions;
use reconnect::Spread;
pub(crate) use thread::{Closed, IoStart, run};

/// For the client to answer our close frame. It begins again with each byte that the socket takes of what was begun
/// before that frame. Then TCP is aborted.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// For all of closing, however slowly the rest of a large frame goes: 30 s for 600 KB at 20 KB/s.
const CLOSE_LIMIT: Duration = Duration::from_secs(30);
/// Between two lines about a gap: every thread notices the same one.
const GAP_LINES: Duration = Duration::from_secs(1);
/// Bytes of a hello: a token of 4 KiB, names, and what JSON needs around them. A message that comes in pieces is
/// kept in up to twice as much memory, which has to stay below 16 KiB for who did not say who it is.
const MAX_HELLO: usize = 7 * 1024;

/// What all I/O threads share.
pub(crate) struct EdgeShared {
    options: EdgeOptions,
    web: Policy,
    admission: Arc<Admission>,
    reject_log: RejectLog,
    descriptors: Arc<Descriptors>,
    metrics: Arc<Metrics>,
    status: Arc<TickStatus>,
    failure: Arc<Failure>,
    stopping: AtomicBool,
    spread: Spread,
    begin: Instant,
    /// When a gap was logged last, in milliseconds since `begin`.
    gap_logged: AtomicU64,
}

impl EdgeShared {
    /// Before any connection.
    pub(crate) fn new(
        options: EdgeOptions,
        descriptors: Arc<Descriptors>,
        metrics: Arc<Metrics>,
        status: Arc<TickStatus>,
        failure: Arc<Failure>,
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
            crate::chance::unforeseeable(),
        );
        Self {
            web: Policy::new(options.allowed_origins.clone(), options.allowed_hosts.clone()),
            admission: Arc::new(admission),
            options,
            reject_log: RejectLog::new(),
            descriptors,
            metrics,
            status,
            failure,
            stopping: AtomicBool::new(false),
            spread,
            begin: Instant::now(),
            gap_logged: AtomicU64::new(0),
        }
    }

    /// The I/O threads, once woken, close all connections and end.
    pub(crate) fn begin_stop(&self) {
        self.spread.all_leave();
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether that was asked for.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Which names and pages are allowed, on both ports.
    pub(crate) fn web(&self) -> &Policy {
        &self.web
    }

    /// An I/O thread was not run for this long. If the process was stopped, all threads say so: the first is logged.
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
                "the server was not run (stopped, suspended or starved): all deadlines of clients begin again"
            );
        }
    }

    /// Counts a refusal, and logs it unless there were too many of its class within this second. `from` and
    /// `detail` may hold what a peer sent: they are escaped.
    pub(crate) fn reject(&self, reject: Reject, from: impl std::fmt::Display, detail: &str) {
        self.metrics.edge.rejects.add(reject, 1);
        if reject == Reject::TooFewDescriptors {
            self.descriptors
                .warn(&"the rest is kept for files and the admin port");
        } else if self.reject_log.may_log(reject) {
            let detail: String = detail.chars().take(200).collect();
            tracing::info!(class = reject.class(), %from, detail = %detail.escape_debug(), "refused");
        }
    }
}

/// The form of messages on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Binary,
    Json,
}

impl Wire {
    /// The subprotocol that the client asked for.
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
