//! What is recorded, and how much of it is kept.

use std::{path::PathBuf, time::Duration};

use parlour_shared::limits::TICK_RATE;

/// Where the history is written to if nothing else is said.
pub const DEFAULT_DIRECTORY: &str = "recordings";

/// What is recorded, and how much of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingOptions {
    /// Every tick is recorded into files in this directory; it is made if it is missing. None: no recording.
    pub directory: Option<PathBuf>,
    /// Bytes of a file after which the recording goes on in another one, at the next saved world.
    pub file_bytes: u64,
    /// Time in a file after which it goes on in another one.
    pub file_age: Duration,
    /// Bytes of all recordings in a directory. Beyond, the oldest are deleted: those of this name pattern, no other file.
    pub total_bytes: u64,
    /// So much of the past is always in memory, to be written out on demand. Zero: none.
    pub history: Duration,
    /// Bytes that the history may take in memory; what does not fit is forgotten early.
    pub history_bytes: usize,
    /// Where the history is written to; none: to `directory`, or else to [`DEFAULT_DIRECTORY`].
    pub history_directory: Option<PathBuf>,
    /// Whether a second world follows the first one, from its recording and 2 to 4 seconds later, and compares each tick.
    /// It is loaded again from each saved world: the game logic's plugins are added to a new world each time.
    pub shadow: bool,
    /// Ticks after which the world is saved again: where a file or the history can begin, and a replay can jump to.
    pub keyframe_ticks: u32,
}

impl Default for RecordingOptions {
    fn default() -> Self {
        Self {
            directory: None,
            file_bytes: 256 << 20,
            file_age: Duration::from_secs(60 * 60),
            total_bytes: 4096 << 20,
            history: Duration::from_secs(60),
            history_bytes: 64 << 20,
            history_directory: None,
            shadow: false,
            keyframe_ticks: 10 * TICK_RATE,
        }
    }
}

impl RecordingOptions {
    /// Whether there is anything for a recorder to do.
    #[must_use]
    pub fn any(&self) -> bool {
        self.directory.is_some() || self.keeps_history() || self.shadow
    }

    pub(super) fn keeps_history(&self) -> bool {
        !self.history.is_zero()
    }

    /// Where the history is written to.
    pub(super) fn history_path(&self) -> PathBuf {
        let given = self.history_directory.as_ref().or(self.directory.as_ref());
        given.cloned().unwrap_or_else(|| DEFAULT_DIRECTORY.into())
    }
}
