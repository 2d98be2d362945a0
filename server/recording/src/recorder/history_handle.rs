//! Handles that request the history of a world, or of all.

use std::sync::{
    Arc,
    mpsc::{SyncSender, TrySendError},
};

use parlour_tick::WorldId;

use super::{
    Reason,
    history_request::{HistoryAnswer, HistoryError, HistoryRequest},
    open_worlds::OpenWorlds,
    request::Request,
};

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
