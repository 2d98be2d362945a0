//! What the threads of the recorder count.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Registry};

use super::families::{counters, gauge, simple};
use crate::recording::live::Reason;

/// Why a recording can end.
const ENDINGS: [&str; 7] = [
    "stopped",
    "disk_full",
    "disk_error",
    "too_many_files",
    "too_slow",
    "panicked",
    "failed",
];

/// What the threads of the recorder count.
pub(crate) struct RecordingMetrics {
    pub(crate) active: IntGauge,
    pub(crate) ticks: IntCounter,
    pub(crate) bytes: IntCounter,
    pub(crate) dropped: IntCounter,
    pub(crate) queue_bytes: IntGauge,
    pub(crate) history_seconds: IntGauge,
    pub(crate) history_bytes: IntGauge,
    pub(crate) history_failed: IntCounter,
    pub(crate) shadow_ticks: IntCounter,
    pub(crate) shadow_divergences: IntCounter,
    pub(crate) shadow_skipped: IntCounter,
    pub(crate) shadow_lag: IntGauge,
    ended: IntCounterVec,
    history_written: IntCounterVec,
}

impl RecordingMetrics {
    pub(super) fn new(r: &Registry) -> Self {
        let ended = counters(
            r,
            "parlour_recording_ended_total",
            "Recordings that ended, by reason. All but stopped, panicked and failed begin again in a new file.",
            "reason",
        );
        for reason in ENDINGS {
            ended.with_label_values(&[reason]);
        }
        let history_written = counters(
            r,
            "parlour_history_written_total",
            "Times that the history was written to a file, by reason.",
            "reason",
        );
        for reason in Reason::ALL {
            history_written.with_label_values(&[reason.word()]);
        }
        Self {
            active: gauge(
                r,
                "parlour_recording_active",
                "1 while ticks are written to a recording, else 0.",
            ),
            ticks: simple(r, "parlour_recording_ticks_total", "Ticks written to recordings."),
            bytes: simple(r, "parlour_recording_bytes_total", "Bytes written to recordings."),
            dropped: simple(
                r,
                "parlour_recording_ticks_dropped_total",
                "Ticks that were not recorded, because the recorder was 8 s or the disk two minutes or 64 MiB behind.",
            ),
            queue_bytes: gauge(
                r,
                "parlour_recording_queue_bytes",
                "Bytes that wait for the disk; at 64 MiB ticks are dropped, and the recording ends before them.",
            ),
            history_seconds: gauge(
                r,
                "parlour_history_seconds",
                "Seconds of the past that are in memory.",
            ),
            history_bytes: gauge(r, "parlour_history_bytes", "Bytes that they take."),
            history_failed: simple(
                r,
                "parlour_history_failed_total",
                "Times that the history could not be written to a file.",
            ),
            shadow_ticks: simple(
                r,
                "parlour_shadow_ticks_total",
                "Ticks that the shadow has run again.",
            ),
            shadow_divergences: simple(
                r,
                "parlour_shadow_divergences_total",
                "Times that the shadow came to another world than the server.",
            ),
            shadow_skipped: simple(
                r,
                "parlour_shadow_skipped_ticks_total",
                "Ticks that the shadow left out, because it did not keep up or waited for a saved world.",
            ),
            shadow_lag: gauge(
                r,
                "parlour_shadow_lag_ticks",
                "Ticks that the shadow is behind the recorder. It runs ticks 137 or 197 ticks later on purpose.",
            ),
            ended,
            history_written,
        }
    }

    /// A recording ended.
    pub(crate) fn ended(&self, reason: &str) {
        self.ended.with_label_values(&[reason]).inc();
    }

    /// The history was written to a file.
    pub(crate) fn history_written(&self, reason: &str) {
        self.history_written.with_label_values(&[reason]).inc();
    }
}
