//! Answers over HTTP, and requests that are refused.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue},
};

use super::Reject;
use crate::web::{self, Refusal};

/// An answer.
pub(super) type Page = Response<Full<Bytes>>;

/// A request that is refused.
#[derive(Debug)]
pub(super) struct Denied {
    pub(super) reject: Reject,
    /// In a box: results that carry it stay small.
    pub(super) page: Box<Page>,
}

impl Denied {
    pub(super) fn new(reject: Reject, status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self {
            reject,
            page: Box::new(page(status, text)),
        }
    }

    pub(super) fn method() -> Self {
        let mut denied = Self::new(Reject::BadMethod, StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
        denied
            .page
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET"));
        denied
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::new(Reject::from(&refusal), refusal.status(), format!("{refusal}\n"))
    }
}

/// A page of plain text.
pub(super) fn page(status: StatusCode, text: impl Into<Bytes>) -> Page {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    // One request per connection. Hyper's own setting for that would also add `close` to the header of the 101, which
    // must be `Upgrade` alone: some clients do not read it as a list, that of Node.js among them.
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    web::seal(response.headers_mut());
    response
}
