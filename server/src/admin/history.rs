//! `/history`: the last minutes, to a file on the server or as the answer. They hold names and chat, so both take a POST:
//! a browser names the origin of every POST, but not of the GET for an `<img>` on any page.

use std::sync::Arc;

use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode,
    body::Bytes,
    header::{ALLOW, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use parlour_recording::recorder::{HistoryError, HistoryHandle, SavedHistory};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::text;
use crate::recorder::{download_history, write_history};

const POST_ONLY: &str = "POST only: curl -X POST .../history writes the last minutes to a file of the server, \
                         curl -X POST -OJ .../history/download to one of yours\n";

/// Where answers come from.
pub(super) struct History {
    history: HistoryHandle,
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
    pub(super) fn new(history: HistoryHandle) -> Self {
        Self {
            history,
            downloads: Arc::new(Semaphore::new(1)),
        }
    }

    /// Answers, if the path is one of these.
    pub(super) async fn answer(&self, method: &Method, path: &str) -> Option<Response<Full<Bytes>>> {
        let word = path.strip_prefix("/history")?;
        if !["", "/download"].contains(&word) {
            return None;
        }
        if method != Method::POST {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, POST_ONLY);
            let headers = response.headers_mut();
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
            return Some(response);
        }
        let answer = match word {
            "" => write_history(&self.history).await.map(|kept| json(&kept)),
            _ => self.download().await,
        };
        Some(answer.unwrap_or_else(|refused| refusal(&refused)))
    }

    async fn download(&self) -> Result<Response<Full<Bytes>>, HistoryError> {
        let permit = Arc::clone(&self.downloads).try_acquire_owned();
        let permit = permit.map_err(|_| HistoryError::Busy)?;
        let kept = download_history(&self.history).await?;
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

fn json(kept: &SavedHistory) -> Response<Full<Bytes>> {
    let body = serde_json::to_string(kept).expect("texts and numbers are JSON");
    let mut response = text(StatusCode::OK, body + "\n");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn refusal(refused: &HistoryError) -> Response<Full<Bytes>> {
    let mut response = text(status(refused), format!("{refused}\n"));
    if matches!(refused, HistoryError::Busy | HistoryError::TooSoon) {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn status(refused: &HistoryError) -> StatusCode {
    match refused {
        HistoryError::NotKept | HistoryError::Empty => StatusCode::CONFLICT,
        HistoryError::Busy | HistoryError::TooSoon | HistoryError::Gone => StatusCode::SERVICE_UNAVAILABLE,
        HistoryError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
