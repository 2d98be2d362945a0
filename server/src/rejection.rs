//! Rejections by the edge: their classes in metrics and logs, and their close codes.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use parlour_shared::close::CloseCode;

use crate::auth::AuthFault;

/// The maximum number of log lines per class per second. Further rejections are only counted.
const LINES_PER_SECOND: u64 = 10;

macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident = $class:literal, $code:expr;)*) => {
        /// Why the edge rejected a connection or a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Rejection { $($(#[$doc])* $name),* }

        impl Rejection {
            /// All reasons.
            pub(crate) const ALL: &[Rejection] = &[$(Rejection::$name),*];

            /// Returns the name of the reason in metrics and logs.
            pub(crate) fn class(self) -> &'static str {
                match self { $(Self::$name => $class),* }
            }

            /// Returns the close code, if the reason applies to WebSocket connections.
            pub(crate) fn close_code(self) -> Option<CloseCode> {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

rejections! {
    /// 400: not HTTP, or a malformed upgrade request.
    BadRequest = "http_bad_request", None;
    /// 404.
    NotFound = "http_not_found", None;
    /// 405.
    BadMethod = "http_method", None;
    /// 426: `/ws` without an upgrade, or with a different version of WebSocket.
    UpgradeRequired = "http_upgrade_required", None;
    /// 431.
    HeadersTooLarge = "http_headers_too_large", None;
    /// 401: a request to the admin port without its token.
    AdminToken = "admin_token", None;
    /// 403: the host name is not the server's.
    Host = "http_host", None;
    /// 403: the web page may not connect.
    Origin = "http_origin", None;
    /// 400: the client offered no known subprotocol.
    Subprotocol = "http_subprotocol", None;
    /// 429, or the connection is closed without an answer.
    TooManyFromAddress = "too_many_from_address", None;
    /// 429: the address connects too often.
    HandshakeRate = "handshake_rate", None;
    /// The address sends too many hellos.
    HelloRate = "hello_rate", Some(CloseCode::RateLimited);
    /// A malformed or missing header of the PROXY protocol, or one that nobody expects. The
    /// connection is closed.
    ProxyHeader = "proxy_header", None;
    /// 503, or the connection is closed without an answer. After a hello in a place for clients
    /// that resume: close code 1013.
    TooManyConnections = "too_many_connections", Some(CloseCode::TryLater);
    /// 503: no descriptors are left for clients.
    TooFewDescriptors = "too_few_descriptors", None;
    /// No valid hello arrived in time: 408 before the upgrade, close code 4408 after it.
    HandshakeTimeout = "handshake_timeout", Some(CloseCode::HandshakeTimeout);
    /// The tick does not advance, so no session can be opened.
    TickFrozen = "tick_frozen", Some(CloseCode::TryLater);
    /// 503: the server failed.
    ServerFailed = "server_failed", None;
    /// A violation of the WebSocket protocol.
    Protocol = "websocket_protocol", Some(CloseCode::Protocol);
    /// Text on the binary protocol, or binary on the JSON protocol.
    WrongType = "wrong_type", Some(CloseCode::WrongType);
    /// Text that is not UTF-8.
    BadUtf8 = "bad_utf8", Some(CloseCode::BadUtf8);
    /// A message over its limit of bytes or fragments.
    TooBig = "too_big", Some(CloseCode::TooBig);
    /// A message that cannot be decoded.
    Malformed = "malformed", Some(CloseCode::Malformed);
    /// The first message was not the hello.
    MessageBeforeHello = "no_hello", Some(CloseCode::Malformed);
    /// The token is missing or not accepted. The metric `parlour_auth_failures_total` has the
    /// reason.
    Token = "token", Some(CloseCode::AuthenticationFailed);
    /// The token of an open session has expired.
    TokenExpired = "token_expired", Some(CloseCode::TokenExpired);
    /// The token cannot be checked now.
    AuthUnavailable = "auth_unavailable", Some(CloseCode::TryLater);
    /// The user is banned or not active.
    Banned = "banned", Some(CloseCode::Banned);
    /// A different protocol version or schema.
    Version = "version", Some(CloseCode::VersionNotSpoken);
    /// The hello has a wrong key, or belongs to a different user than the session.
    Resume = "unknown_session", Some(CloseCode::UnknownSession);
    /// The session of the hello has ended.
    ResumeExpired = "resume_expired", Some(CloseCode::ResumeExpired);
    /// The client says that it has received messages that were not sent.
    NeverSent = "never_sent", Some(CloseCode::GapTooLarge);
    /// A second hello.
    SecondHello = "second_hello", Some(CloseCode::RepeatedlyInvalid);
    /// Too many messages.
    Flood = "flood", Some(CloseCode::Flood);
    /// Too many pings.
    PingFlood = "ping_flood", Some(CloseCode::Flood);
    /// Too many reliable messages wait to be sent, or the socket accepted no data for too long.
    SlowConsumer = "slow_consumer", Some(CloseCode::SlowConsumer);
    /// The client was silent for too long.
    Heartbeat = "heartbeat_lost", Some(CloseCode::HeartbeatLost);
}

impl From<AuthFault> for Rejection {
    fn from(fault: AuthFault) -> Self {
        match fault {
            AuthFault::Busy | AuthFault::CheckFailed | AuthFault::KeysUnavailable => Self::AuthUnavailable,
            AuthFault::Banned => Self::Banned,
            _ => Self::Token,
        }
    }
}

/// Limits the number of log lines per class per second. Shared by the I/O threads without a lock.
pub(crate) struct RejectionLog {
    start: Instant,
    /// For each class: the current second in the upper half, and the number of lines logged in that
    /// second in the lower half.
    windows: Vec<AtomicU64>,
}

impl RejectionLog {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            windows: Rejection::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Returns whether a line of this class may be logged now, and counts the line.
    pub(crate) fn may_log(&self, rejection: Rejection) -> bool {
        self.may_log_at(rejection, self.start.elapsed().as_secs())
    }

    fn may_log_at(&self, rejection: Rejection, second: u64) -> bool {
        let take = |window: u64| match (window >> 32 == second, window & 0xffff_ffff) {
            (true, lines) if lines >= LINES_PER_SECOND => None,
            (true, _) => Some(window + 1),
            (false, _) => Some((second << 32) | 1),
        };
        self.windows[rejection as usize]
            .try_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use parlour_shared::message::RefusalClass;

    use super::*;

    #[test]
    fn at_most_ten_lines_per_class_are_logged_per_second() {
        let log = RejectionLog::new();
        let lines = |rejection, second| (0..100).filter(|_| log.may_log_at(rejection, second)).count();
        assert_eq!(lines(Rejection::Flood, 3), 10);
        assert_eq!(lines(Rejection::Flood, 3), 0);
        assert_eq!(lines(Rejection::Origin, 3), 10);
        assert_eq!(lines(Rejection::Flood, 4), 10);
    }

    #[test]
    fn classes_of_rejections_and_refusals_are_distinct() {
        let mut classes: Vec<_> = Rejection::ALL.iter().map(|rejection| rejection.class()).collect();
        classes.extend(RefusalClass::ALL.map(RefusalClass::name));
        let count = classes.len();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes.len(), count);
    }
}
