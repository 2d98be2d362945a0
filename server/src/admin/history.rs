//! `/history`: writes the history to a file on the server, or returns it. It contains names and
//! chat, so both routes accept only POST: browsers send `Origin` with every POST, but not with the
//! GET of an `<img>`, which any page can contain.

use std::sync::{Arc, Mutex};

use hyper::{
    Uri,
    body::Bytes,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use parlour_recording::recorder::{HistoryError, HistoryHandle, SavedHistory};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::worlds::{is_world, no_such_world};
use crate::{
    desk::DeskView,
    history_requests::{download_history, with_advice, write_history},
    http::{Answer, HttpProblem, ProblemKind, json, optional_parameter, text},
    recorded_world::MAIN_WORLD,
};

/// The routes of the history.
pub(super) struct HistoryRoutes {
    history: HistoryHandle,
    /// Allows one download at a time: a history can be as large as `history_mib`, and slow readers
    /// would keep several in memory.
    downloads: Arc<Semaphore>,
}

/// The body of a download, with its permit. Until hyper has sent and dropped the body, other
/// downloads are refused with 503.
struct Download {
    bytes: Vec<u8>,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Download {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HistoryRoutes {
    pub(super) fn new(history: HistoryHandle) -> Self {
        Self {
            history,
            downloads: Arc::new(Semaphore::new(1)),
        }
    }

    /// `POST /history`.
    pub(super) async fn write(&self, view: &Mutex<DeskView>, uri: &Uri) -> Result<Answer, HttpProblem> {
        let world = recorded_world(view, uri)?;
        write_history(&self.history, &world)
            .await
            .map(path_answer)
            .map_err(problem)
    }

    /// `POST /history/download`.
    pub(super) async fn download(&self, view: &Mutex<DeskView>, uri: &Uri) -> Result<Answer, HttpProblem> {
        let world = recorded_world(view, uri)?;
        let permit = Arc::clone(&self.downloads).try_acquire_owned();
        let permit = permit.map_err(|_| problem(HistoryError::Busy))?;
        let saved = download_history(&self.history, &world).await.map_err(problem)?;
        Ok(download_answer(saved, permit))
    }
}

/// Returns the name of the world whose history is requested.
fn recorded_world(view: &Mutex<DeskView>, uri: &Uri) -> Result<String, HttpProblem> {
    let world = optional_parameter(uri, "world")?.unwrap_or_else(|| MAIN_WORLD.to_owned());
    // The history of the first world exists before the desk has reported it.
    if world != MAIN_WORLD && !is_world(view, &world) {
        return Err(no_such_world(view, &world));
    }
    Ok(world)
}

fn path_answer(saved: SavedHistory) -> Answer {
    json(serde_json::to_vec(&saved).expect("strings and numbers always serialize to JSON"))
}

fn download_answer(saved: SavedHistory, permit: OwnedSemaphorePermit) -> Answer {
    let name = format!("attachment; filename=\"{}\"", saved.path);
    let mut answer = text(Bytes::from_owner(Download {
        bytes: saved.body,
        _permit: permit,
    }));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    answer
}

fn problem(error: HistoryError) -> HttpProblem {
    let text = with_advice(&error);
    let kind = match error {
        HistoryError::NotKept | HistoryError::NoWorld | HistoryError::Empty => ProblemKind::NoHistory,
        HistoryError::Busy | HistoryError::TooSoon => ProblemKind::HistoryBusy,
        HistoryError::Gone => ProblemKind::RecorderGone,
        HistoryError::Failed(_) => ProblemKind::HistoryFailed,
    };
    let problem = HttpProblem::new(kind, text);
    match kind {
        ProblemKind::HistoryBusy => problem.with(RETRY_AFTER, HeaderValue::from_static("1")),
        _ => problem,
    }
}
