//! Saves the durable worlds when a server stops, before its connections close, so that the players
//! are still in their seats.

use std::{sync::Arc, time::Duration};

use crate::{
    freeze_order::{FreezeOrder, FreezeProgress, UnsavedWorld},
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
        self.finish(progress)
    }

    fn finish(&self, mut progress: FreezeProgress) -> Vec<UnsavedWorld> {
        let synced = progress.saved.is_empty() || self.are_on_disk(&mut progress);
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
            && synced
            && let Err(error) = self.files.keep_only(|name| progress.keeps(name))
        {
            tracing::error!(%error, "the directory of saved worlds cannot be tidied up");
        }
        progress.unsaved
    }

    /// Waits until the names of the files are on the disk. If that fails, the worlds in them count
    /// as unsaved: after a crash of the system, there may be the earlier files.
    fn are_on_disk(&self, progress: &mut FreezeProgress) -> bool {
        let Err(error) = self.files.sync() else {
            return true;
        };
        let unsaved = progress.saved.drain(..).map(|world| UnsavedWorld {
            world: world.name,
            why: format!("the name of its new file may not be on the disk: {error}"),
        });
        progress.unsaved.extend(unsaved);
        false
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use parlour_testing::TemporaryPath;

    use super::*;
    use crate::freeze_order::WrittenWorld;

    #[test]
    fn worlds_whose_names_may_not_be_on_the_disk_are_unsaved() {
        let directory = TemporaryPath::missing("worlds");
        let saving = WorldSaving {
            files: Arc::new(WorldFiles::open(&directory.0).unwrap()),
            order: Arc::default(),
        };
        let progress = || {
            let mut progress = FreezeProgress::default();
            progress.begun = true;
            progress.saved.push(WrittenWorld {
                name: "main".to_owned(),
                rooms: 1,
                players: 0,
                tick: 1,
                bytes: 1,
                took: Duration::ZERO,
            });
            progress
        };
        assert_eq!(saving.finish(progress()), []);
        fs::remove_dir_all(&directory.0).unwrap();
        let unsaved = saving.finish(progress());
        assert_eq!((unsaved.len(), unsaved[0].world.as_str()), (1, "main"));
        assert!(
            unsaved[0].why.contains("may not be on the disk"),
            "{}",
            unsaved[0].why
        );
    }
}
