//! What the threads of the recorder count.

use super::{
    By, Counter, Gauge,
    ending::Ending,
    rows::{by, counter, gauge, table},
};
use crate::recording::live::Reason;

table! {
    /// What the threads of the recorder count.
    RecordingMetrics {
        active: Gauge = gauge, "parlour_recording_active", "1 while ticks are written to a recording, else 0.";
        ticks: Counter = counter, "parlour_recording_ticks_total", "Ticks written to recordings.";
        bytes: Counter = counter, "parlour_recording_bytes_total", "Bytes written to recordings.";
        dropped: Counter = counter, "parlour_recording_ticks_dropped_total",
            "Ticks that were not recorded, because the recorder was 8 s or the disk two minutes or 64 MiB behind.";
        queue_bytes: Gauge = gauge, "parlour_recording_queue_bytes",
            "Bytes that wait for the disk; at 64 MiB ticks are dropped, and the recording ends before them.";
        history_seconds: Gauge = gauge, "parlour_history_seconds", "Seconds of the past that are in memory.";
        history_bytes: Gauge = gauge, "parlour_history_bytes", "Bytes that they take.";
        history_failed: Counter = counter, "parlour_history_failed_total",
            "Times that the history could not be written to a file.";
        shadow_ticks: Counter = counter, "parlour_shadow_ticks_total", "Ticks that the shadow has run again.";
        shadow_divergences: Counter = counter, "parlour_shadow_divergences_total",
            "Times that the shadow came to another world than the server.";
        shadow_skipped: Counter = counter, "parlour_shadow_skipped_ticks_total",
            "Ticks that the shadow left out, because it did not keep up or waited for a saved world.";
        shadow_lag: Gauge = gauge, "parlour_shadow_lag_ticks",
            "Ticks that the shadow is behind the recorder. It runs ticks 137 or 197 ticks later on purpose.";
        ended: By<Ending> = by, "parlour_recording_ended_total",
            "Recordings that ended, by reason. All but stopped, panicked and failed begin again in a new file.";
        history_written: By<Reason> = by, "parlour_history_written_total",
            "Times that the history was written to a file, by reason.";
    }
}
