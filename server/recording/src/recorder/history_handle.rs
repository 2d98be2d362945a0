//! Asks the recorder for the history.

use std::sync::mpsc::{SyncSender, TrySendError};

use serde::Serialize;
use thiserror::Error;

use super::Reason;

/// What is to be done with the history.
pub(super) enum HistoryRequest {
    /// Write it to a file because someone asked, and answer.
    Write(Option<HistoryAnswer>),
    /// Write it to a file for this reason, unless that was done recently.
    WriteFor(Reason),
    /// Return it as a file would hold it.
    Download(HistoryAnswer),
}

/// Is called with the result, on a thread of the recorder. It must not block or panic. It is dropped without a call if the
/// recorder ends or panics first.
pub type HistoryAnswer = Box<dyn FnOnce(Result<SavedHistory, HistoryError>) + Send>;

/// A history that was written out.
#[derive(Debug, Serialize)]
pub struct SavedHistory {
    /// The path of the file. Only a name for a file, if none was written.
    pub path: String,
    /// Its first tick.
    pub first_tick: u32,
    /// Its last tick.
    pub last_tick: u32,
    /// The number of its ticks.
    pub ticks: u32,
    /// The size of the file.
    pub bytes: u64,
    /// The bytes themselves, if no file was written.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Why there is no history.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// It is not kept.
    #[error("no history is kept: start the server with --history 60s, or with as much as you want")]
    NotKept,
    /// There is none yet.
    #[error("the history is empty: nothing was recorded yet, or no saved world fits into --history-mib")]
    Empty,
    /// Another request is under way.
    #[error("the history is being written out already, or the recorder is busy: try again in a moment")]
    Busy,
    /// Another request was answered less than a second ago.
    #[error("the history was written less than a second ago: try again in a second")]
    TooSoon,
    /// The recorder ended, or is stuck.
    #[error("the recorder does not answer: the log says why")]
    Gone,
    /// It could not be written.
    #[error("the history could not be written: {0}")]
    Failed(String),
}

/// Asks the recorder for the history. Clones ask the same recorder.
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
    /// A handle without a recorder: every request is [`HistoryError::NotKept`].
    #[must_use]
    pub fn closed() -> Self {
        Self(None)
    }

    /// Has the history written to a file because someone asked for it. Returns at once; `answer` is called later.
    ///
    /// # Errors
    /// [`HistoryError`] if the recorder cannot take the request; then `answer` is not called.
    pub fn write(&self, answer: Option<HistoryAnswer>) -> Result<(), HistoryError> {
        self.send(HistoryRequest::Write(answer))
    }

    /// Has the history written to a file for a reason of the recorder's own.
    pub(super) fn write_for(&self, reason: Reason) -> Result<(), HistoryError> {
        self.send(HistoryRequest::WriteFor(reason))
    }

    /// Asks for the history as a file would hold it. Returns at once; `answer` is called later.
    ///
    /// # Errors
    /// As [`Self::write`].
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
