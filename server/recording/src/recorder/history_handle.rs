//! Requests for the history.

use std::sync::mpsc::{SyncSender, TrySendError};

use serde::Serialize;
use thiserror::Error;

use super::Reason;

/// A request for the history.
pub(super) enum HistoryRequest {
    /// Write it to a file on request, and answer.
    Write(Option<HistoryAnswer>),
    /// Write it to a file for this reason, unless one was written recently.
    WriteFor(Reason),
    /// Return it in the format of a file.
    Download(HistoryAnswer),
}

/// A callback for the result. It runs on a thread of the recorder, and must not block or panic. If
/// the recorder ends or panics first, the callback is dropped without being called.
pub type HistoryAnswer = Box<dyn FnOnce(Result<SavedHistory, HistoryError>) + Send>;

/// A history that was written out.
#[derive(Debug, Serialize)]
pub struct SavedHistory {
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
    /// The history is empty.
    #[error(
        "the history is empty: nothing was recorded yet, or no saved world fits into the memory for the history"
    )]
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

/// Requests the history from the recorder. Clones share the recorder.
#[derive(Clone, Debug)]
pub struct HistoryHandle(pub(super) Option<SyncSender<HistoryRequest>>);

impl std::fmt::Debug for HistoryRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Write(_) => "Write",
            Self::WriteFor(_) => "WriteFor",
            Self::Download(_) => "Download",
        })
    }
}

impl HistoryHandle {
    /// Returns a handle without a recorder: every request fails with [`HistoryError::NotKept`].
    #[must_use]
    pub fn closed() -> Self {
        Self(None)
    }

    /// Requests that the history is written to a file. Returns immediately; `answer` is called
    /// later.
    ///
    /// # Errors
    /// [`HistoryError`] if the recorder cannot accept the request. `answer` is not called then.
    pub fn write(&self, answer: Option<HistoryAnswer>) -> Result<(), HistoryError> {
        self.send(HistoryRequest::Write(answer))
    }

    /// Requests that the history is written to a file for a reason of the recorder.
    pub(super) fn write_for(&self, reason: Reason) -> Result<(), HistoryError> {
        self.send(HistoryRequest::WriteFor(reason))
    }

    /// Requests the history in the format of a file. Returns immediately; `answer` is called later.
    ///
    /// # Errors
    /// Like [`Self::write`].
    pub fn download(&self, answer: HistoryAnswer) -> Result<(), HistoryError> {
        self.send(HistoryRequest::Download(answer))
    }

    fn send(&self, request: HistoryRequest) -> Result<(), HistoryError> {
        let requests = self.0.as_ref().ok_or(HistoryError::NotKept)?;
        requests.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => HistoryError::Busy,
            TrySendError::Disconnected(_) => HistoryError::Gone,
        })
    }
}
