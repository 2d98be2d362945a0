//! HTTP errors: one format for both ports, `application/problem+json` (RFC 9457).

use std::borrow::Cow;

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use parlour_shared::problem::{MEDIA_TYPE, ProblemDetails};

use super::{answer::Answer, policy::AccessRefusal, response_headers::add_response_headers};
use crate::rejection::Rejection;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $slug:literal, $title:literal, $class:expr;)*) => {
        /// The kinds of errors. docs/protocol.md and docs/deployment.md list them by `type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum ProblemKind { $($(#[$doc])* $name),* }

        impl ProblemKind {
            /// All kinds.
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];

            fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            /// The member `type`.
            fn uri(self) -> &'static str {
                match self { $(Self::$name => concat!("/problems/", $slug)),* }
            }

            /// The member `title`, always the same for a kind.
            fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// The class under which the error is counted in metrics and named in logs.
            fn class(self) -> Option<Rejection> {
                match self { $(Self::$name => $class),* }
            }
        }
    };
}

kinds! {
    /// The request is not HTTP, or the upgrade is malformed.
    BadRequest = BAD_REQUEST, "bad-request", "Bad request", Some(Rejection::BadRequest);
    /// The client offered no subprotocol that the server supports.
    Subprotocol = BAD_REQUEST, "subprotocol", "No known subprotocol", Some(Rejection::Subprotocol);
    /// A parameter of the query is missing or invalid.
    BadParameter = BAD_REQUEST, "bad-parameter", "Bad parameter", None;
    /// A request to the admin port without its token.
    AdminToken = UNAUTHORIZED, "admin-token", "Token required", Some(Rejection::AdminToken);
    /// `Host` is not a name of this server.
    Host = FORBIDDEN, "host-not-allowed", "Host not allowed", Some(Rejection::Host);
    /// The web page may not send this request.
    Origin = FORBIDDEN, "origin-not-allowed", "Web page not allowed", Some(Rejection::Origin);
    /// The path does not exist.
    NotFound = NOT_FOUND, "not-found", "Not found", Some(Rejection::NotFound);
    /// The recording has no such player at this tick.
    NoSuchPlayer = NOT_FOUND, "no-such-player", "No such player", None;
    /// No world has this name.
    NoSuchWorld = NOT_FOUND, "no-such-world", "No such world", None;
    /// The path accepts only other methods.
    Method = METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", Some(Rejection::BadMethod);
    /// The request did not arrive in time.
    RequestTimeout = REQUEST_TIMEOUT, "request-timeout", "Request timeout",
        Some(Rejection::HandshakeTimeout);
    /// The playback or the world cannot do this in its current state.
    WrongState = CONFLICT, "not-now", "Not possible in the current state", None;
    /// The server keeps no history, or the history is empty.
    NoHistory = CONFLICT, "no-history", "No history", None;
    /// `/ws` without an upgrade, or with a different version of WebSocket.
    UpgradeRequired = UPGRADE_REQUIRED, "upgrade-required", "Upgrade required",
        Some(Rejection::UpgradeRequired);
    /// The token of a request for a ticket is missing or not accepted.
    Unauthorized = UNAUTHORIZED, "unauthorized", "Unauthorized", Some(Rejection::Token);
    /// The user of a request for a ticket is banned or not active.
    Banned = FORBIDDEN, "banned", "Banned", Some(Rejection::Banned);
    /// The token cannot be checked now, or there are too many tickets.
    AuthUnavailable = SERVICE_UNAVAILABLE, "auth-unavailable", "Try again later", Some(Rejection::AuthUnavailable);
    /// Too many connections from the address have not sent a hello.
    TooManyFromAddress = TOO_MANY_REQUESTS, "too-many-from-address",
        "Too many connections from this address", Some(Rejection::TooManyFromAddress);
    /// The address connects too often.
    HandshakeRate = TOO_MANY_REQUESTS, "rate-limited", "Too many attempts", Some(Rejection::HandshakeRate);
    /// The head of the request is over a limit.
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", "Request head too large",
        Some(Rejection::HeadersTooLarge);
    /// The history could not be written.
    HistoryFailed = INTERNAL_SERVER_ERROR, "history-failed", "History not written", None;
    /// The server is full or shutting down.
    ServerFull = SERVICE_UNAVAILABLE, "server-full", "Server unavailable", Some(Rejection::TooManyConnections);
    /// The process has too few descriptors. `type` is the same as for `ServerFull`; the class
    /// differs.
    TooFewDescriptors = SERVICE_UNAVAILABLE, "server-full", "Server unavailable",
        Some(Rejection::TooFewDescriptors);
    /// The server failed.
    ServerFailed = SERVICE_UNAVAILABLE, "server-failed", "Server failed", Some(Rejection::ServerFailed);
    /// `/livez` failed.
    NotAlive = SERVICE_UNAVAILABLE, "not-alive", "Not alive", None;
    /// `/readyz` failed.
    NotReady = SERVICE_UNAVAILABLE, "not-ready", "Not ready", None;
    /// Another history request is running or has just finished.
    HistoryBusy = SERVICE_UNAVAILABLE, "history-busy", "History busy", None;
    /// The desk does not answer, or has too many requests.
    DeskBusy = SERVICE_UNAVAILABLE, "desk-busy", "Desk busy", None;
    /// The recorder does not answer.
    RecorderGone = SERVICE_UNAVAILABLE, "recorder-gone", "Recorder does not answer", None;
}

/// An error response to a request.
#[derive(Debug)]
pub(crate) struct HttpProblem {
    kind: ProblemKind,
    class: Option<Rejection>,
    detail: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl HttpProblem {
    /// `detail` is a sentence for people. It says what is wrong and how to fix it.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            class: kind.class(),
            detail: detail.into(),
            headers: Vec::new(),
        }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Removes the class of a 404 or 405. The admin port uses this: a path that an operator
    /// mistyped does not count as a rejected client.
    pub(crate) fn without_route_class(mut self) -> Self {
        if matches!(self.kind, ProblemKind::NotFound | ProblemKind::Method) {
            self.class = None;
        }
        self
    }

    /// Returns the class under which the error is counted in metrics and named in logs.
    pub(crate) fn class(&self) -> Option<Rejection> {
        self.class
    }

    pub(crate) fn into_answer(self) -> Answer {
        self.into_response().map(|body| Full::new(body.into()))
    }

    /// Returns the answer as bytes, with `Connection: close`, for a connection that hyper does not
    /// handle.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let (mut head, body) = self.into_response().into_parts();
        add_response_headers(&mut head.headers);
        let (code, reason) = (head.status.as_str(), head.status.canonical_reason());
        let mut bytes = format!("HTTP/1.1 {code} {}\r\n", reason.unwrap_or_default()).into_bytes();
        for (name, value) in &head.headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
        let end = format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        bytes.extend_from_slice(end.as_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    fn into_response(self) -> Response<Vec<u8>> {
        let status = self.kind.status();
        let details = ProblemDetails {
            kind: self.kind.uri().into(),
            title: self.kind.title().into(),
            status: status.as_u16(),
            detail: self.detail,
            class: self.class.map(|rejection| rejection.class().into()),
        };
        let mut body = details.to_json();
        // With a newline at the end, the shell prompt after `curl` starts on a new line.
        body.push('\n');
        let mut response = Response::new(body.into_bytes());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.extend(self.headers);
        response
    }
}

impl From<AccessRefusal> for HttpProblem {
    fn from(refusal: AccessRefusal) -> Self {
        let kind = match refusal {
            AccessRefusal::NoHost => ProblemKind::BadRequest,
            AccessRefusal::Host(_) => ProblemKind::Host,
            AccessRefusal::Origin(_)
            | AccessRefusal::PageWithoutOrigin
            | AccessRefusal::RepeatedHeader(_)
            | AccessRefusal::Page => ProblemKind::Origin,
        };
        Self::new(kind, refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_status_and_one_title() {
        for one in ProblemKind::ALL {
            for other in ProblemKind::ALL {
                let same = one.uri() == other.uri();
                assert!(!same || (one.status(), one.title()) == (other.status(), other.title()));
                // Two kinds share a type only if their classes differ.
                assert!(!same || one == other || one.class() != other.class(), "{one:?}");
            }
        }
    }

    #[test]
    fn into_bytes_writes_all_headers_of_the_answer() {
        let problem = || {
            HttpProblem::new(ProblemKind::Host, "no\n\"such\" host")
                .with(HeaderName::from_static("x"), HeaderValue::from_static("y"))
        };
        let text = String::from_utf8(problem().into_bytes()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            body,
            "{\"type\":\"/problems/host-not-allowed\",\"title\":\"Host not allowed\",\"status\":403,\
             \"detail\":\"no\\n\\\"such\\\" host\",\"class\":\"http_host\"}\n"
        );
        let mut lines = head.split("\r\n");
        assert_eq!(lines.next(), Some("HTTP/1.1 403 Forbidden"));
        let lines: Vec<&str> = lines.collect();
        let answer = problem().into_answer();
        assert_eq!(answer.status(), 403);
        for (name, value) in answer.headers() {
            let line = format!("{name}: {}", value.to_str().unwrap());
            assert!(lines.contains(&&*line), "{line}");
        }
        assert!(lines.contains(&"content-type: application/problem+json"));
        assert!(lines.contains(&&*format!("content-length: {}", body.len())));
        assert!(lines.contains(&"connection: close"));
    }
}
