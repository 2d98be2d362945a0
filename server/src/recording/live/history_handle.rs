//! Where others ask for the history.

use std::sync::mpsc::{SyncSender, TrySendError};

use serde::Serialize;
use thiserror::Error;
use tokio::sync::oneshot;

use super::Reason;

/// What is to be done with the history.
pub(super) enum HistoryRequest {
    /// Write it to a file, for that reason.
    Write(Reason, Option<Answer>),
    /// Give it as a file would hold it.
    Give(Answer),
}

/// Who waits for an answer.
pub(super) type Answer = oneshot::Sender<Result<SavedHistory, HistoryError>>;

/// A history that was written out.
#[derive(Debug, Serialize)]
pub(crate) struct SavedHistory {
    /// Where; its name only, if it was not written to a file.
    pub(crate) path: String,
    /// Its first tick.
    pub(crate) first_tick: u32,
    /// Its last tick.
    pub(crate) last_tick: u32,
    /// Ticks in it.
    pub(crate) ticks: u32,
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// The bytes themselves, if they were not written to a file.
    #[serde(skip)]
    pub(crate) body: Vec<u8>,
}

/// Why there is no history to be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum HistoryError {
    /// It is not kept.
    #[error("no history is kept: start the server with --history 60s, or with as much as you want")]
    NotKept,
    /// There is none yet.
    #[error("the history is empty: nothing was recorded yet, or no saved world fits into --history-mib")]
    Empty,
    /// Somebody else asks.
    #[error("the history is being written out already, or the recorder is busy: try again in a moment")]
    Busy,
    /// It was written a moment ago because somebody asked.
    #[error("the history was written less than a second ago: try again in a second")]
    TooSoon,
    /// The recorder ended, or is stuck.
    #[error("the recorder does not answer: the log says why")]
    Gone,
    /// It could not be written.
    #[error("the history could not be written: {0}")]
    Failed(String),
}

/// Where others ask for the history.
#[derive(Clone, Debug)]
pub(crate) struct HistoryHandle(pub(super) Option<SyncSender<HistoryRequest>>);

impl std::fmt::Debug for HistoryRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Write(..) => "Write",
            Self::Give(_) => "Give",
        })
    }
}

impl HistoryHandle {
    /// Behind which there is no history.
    pub(crate) fn closed() -> Self {
        Self(None)
    }

    /// Has it written to a file, because somebody asked.
    pub(crate) async fn write(&self) -> Result<SavedHistory, HistoryError> {
        let (answer, answered) = oneshot::channel();
        self.ask(HistoryRequest::Write(Reason::Asked, Some(answer)))?;
        answered.await.unwrap_or(Err(HistoryError::Gone))
    }

    /// Asks for it as a file would hold it.
    pub(crate) async fn give(&self) -> Result<SavedHistory, HistoryError> {
        let (answer, answered) = oneshot::channel();
        self.ask(HistoryRequest::Give(answer))?;
        answered.await.unwrap_or(Err(HistoryError::Gone))
    }

    /// Has it written to a file, and does not wait for it.
    pub(crate) fn write_soon(&self, reason: Reason) -> Result<(), HistoryError> {
        self.ask(HistoryRequest::Write(reason, None))
    }

    fn ask(&self, ask: HistoryRequest) -> Result<(), HistoryError> {
        let asks = self.0.as_ref().ok_or(HistoryError::NotKept)?;
        asks.try_send(ask).map_err(|error| match error {
            TrySendError::Full(_) => HistoryError::Busy,
            TrySendError::Disconnected(_) => HistoryError::Gone,
        })
    }
}
