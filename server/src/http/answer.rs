//! Successful answers, and the headers that every answer has.

use http_body_util::Full;
use hyper::{
    HeaderMap, Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS},
};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// An answer with its whole body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Returns an answer with text for people.
pub(crate) fn text(body: impl Into<Bytes>) -> Answer {
    ok("text/plain; charset=utf-8", body.into())
}

/// Returns an answer with JSON for programs.
pub(crate) fn json(mut body: Vec<u8>) -> Answer {
    body.push(b'\n');
    ok("application/json", body.into())
}

/// Returns a 101, without a body.
pub(crate) fn switch() -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer
}

fn ok(content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    add_security_headers(headers);
    answer
}

/// Keeps pages of other origins from embedding an answer, and browsers from guessing its type.
pub(super) fn add_security_headers(headers: &mut HeaderMap) {
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, same_origin);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
}
