//! The metrics of the recorder's threads.

use parlour_recording::recorder::{EndCause, Reason, RecorderMetrics};

use super::{
    recorder::MetricsRecorder,
    rows::{counter, counters, gauge, rows},
};

/// Creates the handles of the recorder's metrics.
pub(super) fn metrics(recorder: &MetricsRecorder) -> RecorderMetrics {
    rows!(recorder, None, RecorderMetrics {
        active = gauge, "parlour_recording_active", "Worlds whose ticks are written to a recording.";
        missing = gauge, "parlour_recording_missing",
            "Worlds whose ticks are currently not recorded: their recording ended, and no new file has started.";
        ticks = counter, "parlour_recording_ticks_total", "Ticks written to recordings.";
        bytes = counter, "parlour_recording_bytes_total", "Bytes written to recordings.";
        dropped = counter, "parlour_recording_ticks_dropped_total",
            "Ticks that were not recorded, because the recorder was 8.5 s behind, or the disk was 64 MiB or 32,768 chunks behind.";
        queue_bytes = gauge, "parlour_recording_queue_bytes",
            "Bytes that wait for the disk. At 64 MiB, further ticks are dropped, and the recording ends before the first of them.";
        history_seconds = gauge, "parlour_history_seconds", "Seconds of the longest history in memory.";
        history_bytes = gauge, "parlour_history_bytes", "Bytes of all histories in memory.";
        history_failed = counter, "parlour_history_failed_total",
            "Times that the history could not be written to a file.";
        shadow_ticks = counter, "parlour_shadow_ticks_total", "Ticks that the shadow has run again.";
        shadow_divergences = counter, "parlour_shadow_divergences_total",
            "Times that the shadow reached a different state than the server.";
        shadow_skipped = counter, "parlour_shadow_skipped_ticks_total",
            "Ticks that the shadow skipped, because it did not keep up or waited for a saved world.";
        shadow_lag = gauge, "parlour_shadow_lag_ticks",
            "Ticks that the shadow is behind the recorder. It stays 137 or 197 ticks behind on purpose.";
        ended = counters("reason", EndCause::ALL.map(EndCause::word)), "parlour_recording_ended_total",
            "Recordings that ended, by reason. A new file starts later, except after stopped (the world or the server ended) and failed (a thread of the recorder panicked).";
        history_written = counters("reason", Reason::ALL.map(Reason::word)), "parlour_history_written_total",
            "Times that the history was written to a file, by reason.";
    })
}
