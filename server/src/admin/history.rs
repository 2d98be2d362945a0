//! `/history`: the last minutes, to a file on the server or to whoever asks.

use std::sync::Arc;

use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode,
    body::Bytes,
    header::{ALLOW, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, ORIGIN, RETRY_AFTER},
    http::request::Parts,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::text;
use crate::recording::live::{Door, Kept, Refused};

/// Where answers come from.
pub(super) struct History {
    door: Door,
    /// One download at a time: a history is as large as `history_mib`, and slow readers would hold many of them.
    downloads: Arc<Semaphore>,
}

/// A body, and the right to be the only one.
struct Download {
    bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Download {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl History {
    pub(super) fn new(door: Door) -> Self {
        Self {
            door,
            downloads: Arc::new(Semaphore::new(1)),
        }
    }

    pub(super) async fn answer(&self, request: &Parts) -> Response<Full<Bytes>> {
        // A browser says whose page asks. No page has any business here, and a POST from one would fill the disk.
        if request.headers.contains_key(ORIGIN) {
            return text(StatusCode::FORBIDDEN, "not for web pages\n");
        }
        let answer = match request.method {
            Method::POST => self.door.write().await.map(|kept| json(&kept)),
            Method::GET => self.download().await,
            _ => {
                let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET or POST only\n");
                let headers = response.headers_mut();
                headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
                return response;
            }
        };
        answer.unwrap_or_else(|refused| refusal(&refused))
    }

    async fn download(&self) -> Result<Response<Full<Bytes>>, Refused> {
        let permit = Arc::clone(&self.downloads).try_acquire_owned();
        let permit = permit.map_err(|_| Refused::Busy)?;
        let kept = self.door.give().await?;
        let name = format!("attachment; filename=\"{}\"", kept.path);
        let body = Bytes::from_owner(Download {
            bytes: kept.body,
            _permit: permit,
        });
        let mut response = Response::new(Full::new(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        if let Ok(name) = HeaderValue::try_from(name) {
            headers.insert(CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }
}

fn json(kept: &Kept) -> Response<Full<Bytes>> {
    let body = serde_json::to_string(kept).expect("texts and numbers are JSON");
    let mut response = text(StatusCode::OK, body + "\n");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn refusal(refused: &Refused) -> Response<Full<Bytes>> {
    let mut response = text(status(refused), format!("{refused}\n"));
    if matches!(refused, Refused::Busy | Refused::TooSoon) {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn status(refused: &Refused) -> StatusCode {
    match refused {
        Refused::NotKept | Refused::Empty => StatusCode::CONFLICT,
        Refused::Busy | Refused::TooSoon | Refused::Gone => StatusCode::SERVICE_UNAVAILABLE,
        Refused::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
