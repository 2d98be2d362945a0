//! Requests for the history of a world, or of all, and their answers.

use parlour_tick::WorldId;
use serde::Serialize;
use thiserror::Error;

use super::Reason;

/// A request for a history.
pub(super) enum HistoryRequest {
    /// Write that of one world, or of all, to files on request, and answer.
    Write(Option<WorldId>, Option<HistoryAnswer>),
    /// Write that of a world to a file for this reason, unless one was written recently.
    WriteFor(WorldId, Reason),
    /// Return that of a world in the format of a file.
    Download(WorldId, HistoryAnswer),
}

/// A callback for the result: the histories that were written, at least one. It runs on a thread of
/// the recorder, and must not block or panic. If the recorder ends or panics first, the callback is
/// dropped without being called.
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
