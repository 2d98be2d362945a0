//! The errors of a connection, and when to reconnect.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher as _, Hasher as _},
    io,
    sync::Arc,
    time::Duration,
};

use parlour_shared::{
    close::{Advice, CloseCode},
    limits::MAX_CLIENT_MESSAGE,
    message::{Closing, Refusal},
};

use crate::{address::AddressError, violation::Violation};

/// Unless the server sets the wait, it is this long plus a random part of [`WINDOW_MS`].
const MIN_WAIT_MS: u64 = 500;
/// The window over which the reconnects of clients that lost the same server are spread.
const WINDOW_MS: u64 = 2000;
/// The maximum wait that a server can set.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// The end of a connection. [`Self::reconnect_after`] returns whether and when to reconnect.
#[derive(Clone, thiserror::Error)]
#[error("{cause}")]
pub struct Disconnected {
    cause: Cause,
    wait: Duration,
}

/// The reason for the end of a connection.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The server closed it.
    #[error("the server closed the connection with code {code}{}", Reason(reason))]
    Closed {
        /// The close code, or 1005 if the server sent none. [`CloseCode::from_code`] returns its
        /// name.
        code: u16,
        /// The reason that the server sent. It may be empty.
        reason: String,
    },
    /// The connection ended without a close frame, or the network failed.
    #[error("the connection was lost: {0}")]
    Lost(Arc<io::Error>),
    /// The server sent nothing, not even an answer to a ping.
    #[error("the server did not answer for {} ms", .0.as_millis())]
    Silent(Duration),
    /// The server broke the protocol.
    #[error("the server broke the protocol: {0}")]
    Violation(#[from] Violation),
    /// The server broke the rules of WebSocket, or sent a message that is too long.
    #[error("the server broke the rules of WebSocket: {0}")]
    WebSocket(String),
}

struct Reason<'a>(&'a str);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            reason => write!(formatter, ": {reason}"),
        }
    }
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Disconnected {
    pub(super) fn new(cause: Cause, closing: Option<Closing>) -> Self {
        let wait = match closing {
            Some(closing) => Duration::from_millis(closing.reconnect_after_ms.into()).min(MAX_WAIT),
            None => usual_wait(),
        };
        Self { cause, wait }
    }

    pub(super) fn lost(error: io::Error) -> Self {
        Self::new(Cause::Lost(Arc::new(error)), None)
    }

    /// Returns the cause of the end.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Returns the server's close code, or `None` if the server did not close the connection.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self.cause {
            Cause::Closed { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Returns the advice for the close code. Without a close code, it is [`Advice::Resume`] if the
    /// connection was lost, and [`Advice::Reconnect`] if the server broke the protocol.
    ///
    /// Treat [`Advice::Resume`] as [`Advice::Reconnect`]: this client cannot resume a session yet.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match self.cause {
            Cause::Closed { code, .. } => Advice::for_code(code),
            Cause::Lost(_) | Cause::Silent(_) => Advice::Resume,
            Cause::Violation(_) | Cause::WebSocket(_) => Advice::Reconnect,
        }
    }

    /// Returns how long to wait before reconnecting: the server's time, up to 10 minutes, or a
    /// random 0.5 to 2.5 s. Returns `None` if the client must not reconnect automatically.
    #[must_use]
    pub fn reconnect_after(&self) -> Option<Duration> {
        (self.advice() != Advice::Stop).then_some(self.wait)
    }

    /// Returns whether the client said goodbye and the server answered.
    #[must_use]
    pub fn is_goodbye(&self) -> bool {
        self.code() == Some(CloseCode::Normal.code())
    }
}

/// The reason why a connection did not open. [`Self::reconnect_after`] returns whether to try
/// again.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The text is not an address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The host was not found or does not listen on the port, or the network failed.
    #[error("cannot connect: {0}")]
    Io(#[from] io::Error),
    /// The TLS handshake failed, usually because the certificate is not trusted.
    #[error("cannot connect with TLS: {0}")]
    Tls(String),
    /// The address is `wss://`, but the client was built without the feature `tls`.
    #[error("this client was built without TLS: enable the feature `tls`, or use ws://")]
    TlsNotBuilt,
    /// The server responded with an HTTP error.
    #[error("the server answered with status {status}: {text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's explanation. It may be empty.
        text: String,
    },
    /// The other side is not a Parlour server.
    #[error("this is not a Parlour server: {0}")]
    NotParlour(String),
    /// Opening took longer than [`Options::timeout`](crate::Options::timeout).
    #[error("the connection did not open within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The connection ended between opening and the welcome, for example with 4401 because the
    /// token was not accepted.
    #[error(transparent)]
    Disconnected(#[from] Disconnected),
}

/// The text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ConnectError {
    /// Returns how long to wait before trying again, or `None` if a person must change something
    /// first.
    #[must_use]
    pub fn reconnect_after(&self) -> Option<Duration> {
        match self {
            Self::Io(_) | Self::TimedOut(_) => Some(usual_wait()),
            // The server is busy, starting or stopping, or a proxy answered.
            Self::Refused {
                status: 408 | 429 | 500..=599,
                ..
            } => Some(usual_wait()),
            Self::Disconnected(disconnected) => disconnected.reconnect_after(),
            Self::Address(_)
            | Self::Tls(_)
            | Self::TlsNotBuilt
            | Self::Refused { .. }
            | Self::NotParlour(_) => None,
        }
    }
}

/// The reason why a command was not sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The command is too long: the server would close the connection for it.
    #[error("the command is longer than the {MAX_CLIENT_MESSAGE} bytes that the server accepts")]
    TooLong,
    /// The connection ended. [`Connection::next_event`](crate::Connection::next_event) returns the
    /// reason.
    #[error("the connection is over")]
    Disconnected,
}

/// The reason why a command was not put into the queue.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrySendError {
    /// The queue is full: nothing reads from the connection, or the server accepts no data.
    #[error("the command queue is full")]
    Full,
    /// An error of [`Handle::send`](crate::Handle::send).
    #[error(transparent)]
    Send(#[from] SendError),
}

/// The reason why a room was not joined, or no seat reserved.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The server refused.
    #[error("the server refused: {0:?}")]
    Refused(Refusal),
    /// No answer arrived within [`Options::timeout`](crate::Options::timeout). The server may still
    /// do it.
    #[error("the server did not answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// There are too many unread events: read them first. If they arrived during this request, the
    /// server may still do it.
    #[error("too many unread events: call next_event until it waits, then try again")]
    TooManyEvents,
    /// The name or the options are too long for a message.
    #[error("the name of the room or its options are too long")]
    TooLong,
    /// The connection is over.
    #[error(transparent)]
    Disconnected(#[from] Disconnected),
}

fn usual_wait() -> Duration {
    // The standard library seeds the hasher from the system's randomness.
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(MIN_WAIT_MS + random % WINDOW_MS)
}
