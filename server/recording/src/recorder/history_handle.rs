//! Requests for the history of a world, or of all.

use std::sync::{
    Arc,
    mpsc::{SyncSender, TrySendError},
};

use parlour_tick::WorldId;
use serde::Serialize;
use thiserror::Error;

use super::{Reason, open_worlds::OpenWorlds, request::Request};

/// A request for a history.
pub(super) enum HistoryRequest {
    /// Write that of one world, or of all, to files on request, and answer.
    Write(Option<WorldId>, Option<HistoryAnswer>),
    /// Write that of a world to a file for this reason, unless one was written recently.
    WriteFor(WorldId, Reason),
    /// Return that of a world in the format of a file.
    Download(WorldId, HistoryAnswer),
}

/// A callback for the result: the histories that were written, at least one. It runs on a thread of the recorder, and must not block or panic. If
/// the recorder ends or panics first, the callback is dropped without being called.
pub type HistoryAnswer = Box<dyn FnOnce(Result<Vec<SavedHistory>, HistoryError>) + Send>;

/// A history that was written out.
#[derive(Debug, Serialize)]
pub struct SavedHistory {
    /// The name of the world.
    pub world: String,
    /// The path of the file, or only a suggested name if no file was written.
    pub path: String,
    /// The first tick.
    pub first_tick: u32,
    /// The last tick.
    pub last_tick: u32,
    /// The number of ticks.
    pub ticks: u32,
    /// The size of the file.
    pub bytes: u64,
    /// The content of the file, if no file was written.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Why a request for the history failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// No history is kept.
    #[error("no history is kept")]
    NotKept,
    /// There is no such world.
    #[error("there is no such world")]
    NoWorld,
    /// The history is empty.
    #[error("the history is empty: nothing was recorded since the world began, or since ticks were lost")]
    Empty,
    /// A request is in progress, or the queue of requests is full.
    #[error("the history is being written out already, or the recorder is busy: try again in a moment")]
    Busy,
    /// The history was written less than a second ago.
    #[error("the history was written less than a second ago: try again in a second")]
    TooSoon,
    /// The recorder has ended or does not respond.
    #[error("the recorder does not answer: the log says why")]
    Gone,
    /// The history could not be written.
    #[error("the history could not be written: {0}")]
    Failed(String),
}

/// Requests histories from the recorder. Clones share the recorder.
#[derive(Clone, Debug)]
pub struct HistoryHandle(Option<Ends>);

#[derive(Clone, Debug)]
struct Ends {
    requests: SyncSender<Request>,
    worlds: Arc<OpenWorlds>,
}

impl HistoryHandle {
    /// Returns a handle without a recorder: every request fails with [`HistoryError::NotKept`].
    #[must_use]
    pub fn closed() -> Self {
        Self(None)
    }

    pub(super) fn new(requests: SyncSender<Request>, worlds: Arc<OpenWorlds>) -> Self {
        Self(Some(Ends { requests, worlds }))
    }

    /// Returns the world that has this name now.
    ///
    /// # Errors
    /// [`HistoryError::NoWorld`], or [`HistoryError::NotKept`].
    pub fn world_named(&self, name: &str) -> Result<WorldId, HistoryError> {
        let ends = self.0.as_ref().ok_or(HistoryError::NotKept)?;
        ends.worlds.named(name).ok_or(HistoryError::NoWorld)
    }

    /// Requests that the history of a world is written to a file; without a world, those of all
    /// worlds. Returns immediately; `answer` is called later.
    ///
    /// # Errors
    /// [`HistoryError`] if the recorder cannot accept the request. `answer` is not called then.
    pub fn write(&self, world: Option<WorldId>, answer: Option<HistoryAnswer>) -> Result<(), HistoryError> {
        self.send(HistoryRequest::Write(world, answer))
    }

    /// Requests that the history is written to a file for a reason of the recorder.
    pub(super) fn write_for(&self, world: WorldId, reason: Reason) -> Result<(), HistoryError> {
        self.send(HistoryRequest::WriteFor(world, reason))
    }

    /// Requests the history of a world in the format of a file. Returns immediately; `answer` is
    /// called later.
    ///
    /// # Errors
    /// Like [`Self::write`].
    pub fn download(&self, world: WorldId, answer: HistoryAnswer) -> Result<(), HistoryError> {
        self.send(HistoryRequest::Download(world, answer))
    }

    fn send(&self, request: HistoryRequest) -> Result<(), HistoryError> {
        let ends = self.0.as_ref().ok_or(HistoryError::NotKept)?;
        let sent = ends.requests.try_send(Request::History(request));
        sent.map_err(|error| match error {
            TrySendError::Full(_) => HistoryError::Busy,
            TrySendError::Disconnected(_) => HistoryError::Gone,
        })
    }
}
