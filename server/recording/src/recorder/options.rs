//! Options for what is recorded and how much is kept.

use std::{path::PathBuf, time::Duration};

use parlour_shared::limits::TICK_RATE;

/// The default directory of histories.
pub const DEFAULT_DIRECTORY: &str = "recordings";

/// Options for what is recorded and how much is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingOptions {
    /// Records every tick into files in this directory, in which each world has a directory. Both
    /// are created if missing. If `None`, nothing is recorded.
    pub directory: Option<PathBuf>,
    /// The file size in bytes after which the recording continues in a new file, at the next saved
    /// world.
    pub file_bytes: u64,
    /// The file age after which the recording continues in a new file.
    pub file_age: Duration,
    /// The maximum total size of the recordings of all worlds in a directory. Beyond it, the oldest
    /// are deleted. Files that do not match the name pattern are never deleted.
    pub total_bytes: u64,
    /// The length of the history of each world in memory, which is written on demand. Zero: no
    /// history. A world that panics then writes only its last saved state and the ticks since.
    pub history: Duration,
    /// The maximum size of the histories of all worlds in memory, in bytes. If the requested length
    /// does not fit, the largest histories are shorter. The last saved state of each world and the
    /// ticks since stay, up to [`Self::recovery_bytes`].
    pub history_bytes: usize,
    /// The maximum size of the last saved states of all worlds and the ticks since, in bytes. They
    /// are kept even without a history, so that a world that panics can be recovered. Beyond it,
    /// the worlds with the largest cannot be recovered until they are saved again.
    pub recovery_bytes: usize,
    /// The directory of histories. If `None`: `directory` if it is set, else [`DEFAULT_DIRECTORY`].
    pub history_directory: Option<PathBuf>,
    /// Whether a second world for each world runs the recording 2 to 4 seconds later and compares
    /// each tick. It is built again from each saved world and every 211 ticks, and the game
    /// logic's plugins are added to a new world each time.
    pub shadow: bool,
    /// The number of ticks between two saved states of a world. The worlds of a node are saved in
    /// different ticks. A file or the history can start at one, and a replay can jump to one.
    pub keyframe_ticks: u32,
}

/// The names of the program's options, for errors and log lines that advise to change one.
#[derive(Debug)]
pub struct OptionNames {
    /// Sets [`RecordingOptions::directory`], such as `--record DIR`.
    pub directory: &'static str,
    /// Clears [`RecordingOptions::directory`], such as `--record off`.
    pub no_directory: &'static str,
    /// [`RecordingOptions::file_bytes`].
    pub file_bytes: &'static str,
    /// [`RecordingOptions::total_bytes`].
    pub total_bytes: &'static str,
    /// Sets [`RecordingOptions::history`], such as `--history 60s`.
    pub history: &'static str,
    /// Clears [`RecordingOptions::history`], such as `--history 0s`.
    pub no_history: &'static str,
    /// Sets [`RecordingOptions::history_directory`], such as `--history-dir DIR`.
    pub history_directory: &'static str,
    /// The maximum number of connections of the server.
    pub connections: &'static str,
}

impl OptionNames {
    /// The fields of [`RecordingOptions`] in words, for programs without such options.
    pub const FIELDS: Self = Self {
        directory: "directory",
        no_directory: "no directory",
        file_bytes: "file bytes",
        total_bytes: "total bytes",
        history: "history",
        no_history: "no history",
        history_directory: "history directory",
        connections: "connections",
    };
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
            recovery_bytes: 256 << 20,
            history_directory: None,
            shadow: false,
            keyframe_ticks: 10 * TICK_RATE,
        }
    }
}

impl RecordingOptions {
    pub(super) fn keeps_history(&self) -> bool {
        !self.history.is_zero()
    }

    /// Returns the directory of histories.
    pub(super) fn history_path(&self) -> PathBuf {
        let given = self.history_directory.as_ref().or(self.directory.as_ref());
        given.cloned().unwrap_or_else(|| DEFAULT_DIRECTORY.into())
    }
}
