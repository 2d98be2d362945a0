//! Saves the durable worlds when a server stops, before its connections close, so that the players
//! are still in their seats.

use std::{sync::Arc, time::Duration};

use crate::{
    freeze_order::{FreezeOrder, UnsavedWorld},
    world_files::WorldFiles,
};

/// The maximum time for saving all worlds. The stop goes on without those that are not saved then.
const MAX_SAVING: Duration = Duration::from_secs(10);

/// Where durable worlds are kept, and the order to save them.
#[derive(Debug)]
pub(super) struct WorldSaving {
    pub(super) files: Arc<WorldFiles>,
    pub(super) order: Arc<FreezeOrder>,
}

impl WorldSaving {
    /// Saves the worlds, and logs a line for each. `wake` wakes the desk. Returns the worlds that
    /// could not be saved.
    pub(super) fn save(&self, wake: impl FnOnce(), desk_runs: impl Fn() -> bool) -> Vec<UnsavedWorld> {
        self.order.request();
        wake();
        let progress = self.order.wait(MAX_SAVING, desk_runs);
        for world in &progress.saved {
            tracing::info!(
                world = world.name,
                tick = world.tick,
                rooms = world.rooms,
                players = world.players,
                bytes = world.bytes,
                ms = world.took.as_millis() as u64,
                "saved a world"
            );
        }
        for UnsavedWorld { world, why } in &progress.unsaved {
            tracing::error!(
                world,
                why,
                "a world could not be saved: the next start continues its last file, if there is one"
            );
        }
        // If the desk never answered, it is not known which worlds exist.
        if progress.begun
            && let Err(error) = self.files.keep_only(|name| progress.keeps(name))
        {
            tracing::error!(%error, "the directory of saved worlds cannot be tidied up");
        }
        progress.unsaved
    }
}
