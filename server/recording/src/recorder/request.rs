//! What other threads ask of the recorder thread.

use std::sync::{Arc, mpsc::SyncSender};

use parlour_tick::WorldId;

use super::{
    context::WorldContext,
    history_request::HistoryRequest,
    live_batch::LiveBatch,
    recovery::{RecoverError, Recovery, SavedWorld},
};

/// A request.
pub(super) enum Request {
    /// Record a world, before a tick thread sends its first tick. It starts with this saved world
    /// and this tick.
    Open(Arc<WorldContext>, Option<SavedWorld>, Option<LiveBatch>),
    /// The world has ended: its last tick was sent.
    Close(WorldId),
    /// Return what is needed to rebuild a world.
    Recover(WorldId, SyncSender<Result<Recovery, RecoverError>>),
    /// The world continues from this state, or from before its first tick.
    Continue(WorldId, Option<SavedWorld>),
    /// Write a history.
    History(HistoryRequest),
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Open(..) => "Open",
            Self::Close(_) => "Close",
            Self::Recover(..) => "Recover",
            Self::Continue(..) => "Continue",
            Self::History(_) => "History",
        })
    }
}
