//! Successful answers.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderValue},
};

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
    let content_type = HeaderValue::from_static(content_type);
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}
