//! What other threads ask of the recorder thread.

use std::sync::{Arc, mpsc::SyncSender};

use parlour_shared::ids::Tick;
use parlour_tick::WorldId;

use super::{batch::Batch, context::WorldContext, history_handle::HistoryRequest, recovery::RecoverError};

/// A request.
pub(super) enum Request {
    /// Record a world, before its first tick is sent.
    Open(Arc<WorldContext>, Option<SavedWorld>),
    /// The world has ended: its last tick was sent.
    Close(WorldId),
    /// Return what is needed to rebuild a world.
    Recover(WorldId, SyncSender<Result<Recovery, RecoverError>>),
    /// The world continues from this state, or from before its first tick.
    Continue(WorldId, Option<SavedWorld>),
    /// Write a history.
    History(HistoryRequest),
}

/// A world as it was after a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SavedWorld {
    /// The tick.
    pub(super) tick: Tick,
    /// The result of `Simulation::save`.
    pub(super) state: Vec<u8>,
}

/// What is needed to rebuild a world.
#[derive(Debug)]
pub(super) struct Recovery {
    pub(super) world: Arc<WorldContext>,
    /// The last saved world and all ticks since.
    pub(super) batches: Vec<Arc<Batch>>,
    /// The last tick that finished.
    pub(super) last: Tick,
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
