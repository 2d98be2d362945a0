//! What is refused at the edge: the classes of metrics and logs, and the close code where there is one.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use parlour_shared::close::CloseCode;

/// Lines per second and class in the log; the rest is only counted.
const LINES_PER_SECOND: u64 = 10;

macro_rules! rejects {
    ($($(#[$doc:meta])* $name:ident = $class:literal, $code:expr;)*) => {
        /// Why something was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reject { $($(#[$doc])* $name),* }

        impl Reject {
            /// Every reason.
            pub(crate) const ALL: &[Reject] = &[$(Reject::$name),*];

            /// Its name in metrics and logs.
            pub(crate) fn class(self) -> &'static str {
                match self { $(Self::$name => $class),* }
            }

            /// What the connection is closed with, if it is a WebSocket already.
            pub(crate) fn close_code(self) -> Option<CloseCode> {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

rejects! {
    /// 400: not HTTP, or an upgrade with something wrong.
    BadRequest = "http_bad_request", None;
    /// 404.
    NotFound = "http_not_found", None;
    /// 405.
    BadMethod = "http_method", None;
    /// 426: `/ws` without an upgrade, or to another version of WebSocket.
    UpgradeRequired = "http_upgrade_required", None;
    /// 431.
    HeadersTooLarge = "http_headers_too_large", None;
    /// 403: the name is not the server's.
    Host = "http_host", None;
    /// 403: the page may not connect.
    Origin = "http_origin", None;
    /// 400: no subprotocol of ours is offered.
    Subprotocol = "http_subprotocol", None;
    /// 429, or a connection closed at once.
    TooManyFromAddress = "too_many_from_address", None;
    /// 503, or a connection closed at once.
    TooManyConnections = "too_many_connections", None;
    /// 503, because clients may take no more descriptors of the process.
    TooFewDescriptors = "too_few_descriptors", None;
    /// No valid hello in time: 408 over HTTP, else the close code.
    HandshakeTimeout = "handshake_timeout", Some(CloseCode::HandshakeTimeout);
    /// The tick does not advance: a session could not be opened.
    TickFrozen = "tick_frozen", Some(CloseCode::TryLater);
    /// 503: the server failed.
    ServerFailed = "server_failed", None;
    /// WebSocket's rules were broken.
    Protocol = "websocket_protocol", Some(CloseCode::Protocol);
    /// Text on the binary protocol, or the other way round.
    WrongType = "wrong_type", Some(CloseCode::WrongType);
    /// Text that is not UTF-8.
    BadUtf8 = "bad_utf8", Some(CloseCode::BadUtf8);
    /// A message over its limit of bytes or fragments.
    TooBig = "too_big", Some(CloseCode::TooBig);
    /// A message that cannot be decoded.
    Malformed = "malformed", Some(CloseCode::Malformed);
    /// Something else before the hello.
    NoHello = "no_hello", Some(CloseCode::Malformed);
    /// A token, which nothing here can verify yet.
    Token = "token", Some(CloseCode::AuthenticationFailed);
    /// Another protocol version or schema.
    Version = "version", Some(CloseCode::VersionNotSpoken);
    /// Resuming, which nothing here can do yet.
    Resume = "unknown_session", Some(CloseCode::UnknownSession);
    /// A second hello.
    SecondHello = "second_hello", Some(CloseCode::RepeatedlyInvalid);
    /// Too many messages.
    Flood = "flood", Some(CloseCode::Flood);
    /// Too many pings.
    PingFlood = "ping_flood", Some(CloseCode::Flood);
    /// The outbox ran over, or the socket took nothing of it for too long.
    SlowConsumer = "slow_consumer", Some(CloseCode::SlowConsumer);
    /// Silence.
    Heartbeat = "heartbeat_lost", Some(CloseCode::HeartbeatLost);
}

/// Bounds the lines in the log, per class and second. Shared by the I/O threads, without a lock.
pub(crate) struct RejectLog {
    start: Instant,
    /// Per class: the second in the upper half, the lines logged in it in the lower.
    windows: Vec<AtomicU64>,
}

impl RejectLog {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            windows: Reject::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Whether there is a line left for this class now.
    pub(crate) fn may_log(&self, reject: Reject) -> bool {
        self.may_log_at(reject, self.start.elapsed().as_secs())
    }

    fn may_log_at(&self, reject: Reject, second: u64) -> bool {
        let take = |window: u64| match (window >> 32 == second, window & 0xffff_ffff) {
            (true, lines) if lines >= LINES_PER_SECOND => None,
            (true, _) => Some(window + 1),
            (false, _) => Some((second << 32) | 1),
        };
        self.windows[reject as usize]
            .try_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use parlour_shared::message::RefusalClass;

    use super::*;

    #[test]
    fn ten_lines_a_second_and_class() {
        let log = RejectLog::new();
        let lines = |reject, second| (0..100).filter(|_| log.may_log_at(reject, second)).count();
        assert_eq!(lines(Reject::Flood, 3), 10);
        assert_eq!(lines(Reject::Flood, 3), 0);
        assert_eq!(lines(Reject::Origin, 3), 10);
        assert_eq!(lines(Reject::Flood, 4), 10);
    }

    #[test]
    fn classes_are_distinct() {
        let mut classes: Vec<_> = Reject::ALL.iter().map(|reject| reject.class()).collect();
        classes.extend(RefusalClass::ALL.map(RefusalClass::name));
        let count = classes.len();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes.len(), count);
    }
}
