//! What the threads of the recorder count.

use metrics::{Counter, Gauge};

use super::{ending::Ending, reason::Reason};

/// What the threads of the recorder count. The program that starts them registers the handles under names of its own.
/// A default one counts nowhere.
#[derive(Clone, Debug)]
pub struct RecorderMetrics {
    /// 1 while ticks are written to a recording, else 0.
    pub active: Gauge,
    /// Ticks written to recordings.
    pub ticks: Counter,
    /// Bytes written to recordings.
    pub bytes: Counter,
    /// Ticks that were not recorded.
    pub dropped: Counter,
    /// Bytes that wait for the disk.
    pub queue_bytes: Gauge,
    /// Seconds of the past that are in memory.
    pub history_seconds: Gauge,
    /// Bytes that they take.
    pub history_bytes: Gauge,
    /// Times that the history could not be written to a file.
    pub history_failed: Counter,
    /// Ticks that the shadow has run again.
    pub shadow_ticks: Counter,
    /// Times that the shadow reached a different state than the server.
    pub shadow_divergences: Counter,
    /// Ticks that the shadow left out.
    pub shadow_skipped: Counter,
    /// Ticks that the shadow is behind the recorder.
    pub shadow_lag: Gauge,
    /// Recordings that ended, one counter for each of [`Ending::ALL`].
    pub ended: [Counter; Ending::ALL.len()],
    /// Times that the history was written to a file, one counter for each of [`Reason::ALL`].
    pub history_written: [Counter; Reason::ALL.len()],
}

impl RecorderMetrics {
    pub(super) fn ended(&self, ending: Ending) {
        self.ended[ending as usize].increment(1);
    }

    pub(super) fn history_written(&self, reason: Reason) {
        self.history_written[reason as usize].increment(1);
    }
}
