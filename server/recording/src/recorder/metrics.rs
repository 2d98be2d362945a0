//! The metrics of the recorder's threads.

use metrics::{Counter, Gauge};

use super::{end_cause::EndCause, file_name::Reason};

/// The metrics of the recorder's threads. The program that starts the threads registers these
/// handles under names of its choice. Default handles count nothing.
#[derive(Clone, Debug)]
pub struct RecorderMetrics {
    /// Worlds whose ticks are written to a recording.
    pub active: Gauge,
    /// Worlds whose ticks are not recorded, because their recording ended.
    pub missing: Gauge,
    /// Ticks written to recordings.
    pub ticks: Counter,
    /// Bytes written to recordings.
    pub bytes: Counter,
    /// Ticks that were not recorded.
    pub dropped: Counter,
    /// Bytes waiting for the disk.
    pub queue_bytes: Gauge,
    /// Length of the longest history in memory, in seconds.
    pub history_seconds: Gauge,
    /// Size of all histories in memory, in bytes.
    pub history_bytes: Gauge,
    /// Failed attempts to write the history to a file.
    pub history_failed: Counter,
    /// Ticks that the shadow has run again.
    pub shadow_ticks: Counter,
    /// Times that the shadow reached a different state than the server.
    pub shadow_divergences: Counter,
    /// Ticks that the shadow skipped.
    pub shadow_skipped: Counter,
    /// How many ticks the shadow is behind the recorder.
    pub shadow_lag: Gauge,
    /// Recordings that ended: one counter per cause, in the order of [`EndCause::ALL`].
    pub ended: [Counter; EndCause::ALL.len()],
    /// Histories that were written to a file: one counter per reason, in the order of
    /// [`Reason::ALL`].
    pub history_written: [Counter; Reason::ALL.len()],
}

impl Default for RecorderMetrics {
    fn default() -> Self {
        Self {
            active: Gauge::noop(),
            missing: Gauge::noop(),
            ticks: Counter::noop(),
            bytes: Counter::noop(),
            dropped: Counter::noop(),
            queue_bytes: Gauge::noop(),
            history_seconds: Gauge::noop(),
            history_bytes: Gauge::noop(),
            history_failed: Counter::noop(),
            shadow_ticks: Counter::noop(),
            shadow_divergences: Counter::noop(),
            shadow_skipped: Counter::noop(),
            shadow_lag: Gauge::noop(),
            ended: EndCause::ALL.map(|_| Counter::noop()),
            history_written: Reason::ALL.map(|_| Counter::noop()),
        }
    }
}

impl RecorderMetrics {
    pub(super) fn ended(&self, cause: EndCause) {
        self.ended[cause as usize].increment(1);
    }

    pub(super) fn history_written(&self, reason: Reason) {
        self.history_written[reason as usize].increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discriminant_of_each_variant_is_its_index_in_all() {
        for (index, cause) in EndCause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index, "{}", cause.word());
        }
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "{}", reason.word());
        }
    }
}

/// Metrics whose values tests can read.
#[cfg(test)]
pub(super) mod counted {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    /// The values behind some of the handles.
    #[derive(Default)]
    pub(in super::super) struct Values {
        active: Arc<AtomicU64>,
        missing: Arc<AtomicU64>,
        ticks: Arc<AtomicU64>,
        dropped: Arc<AtomicU64>,
        ended: [Arc<AtomicU64>; EndCause::ALL.len()],
    }

    impl Values {
        pub(in super::super) fn metrics(&self) -> Arc<RecorderMetrics> {
            let ended = self.ended.each_ref();
            Arc::new(RecorderMetrics {
                active: Gauge::from_arc(Arc::clone(&self.active)),
                missing: Gauge::from_arc(Arc::clone(&self.missing)),
                ticks: Counter::from_arc(Arc::clone(&self.ticks)),
                dropped: Counter::from_arc(Arc::clone(&self.dropped)),
                ended: ended.map(|value| Counter::from_arc(Arc::clone(value))),
                ..RecorderMetrics::default()
            })
        }

        pub(in super::super) fn is_active(&self) -> bool {
            f64::from_bits(self.active.load(Ordering::Relaxed)) == 1.0
        }

        /// Returns the number of worlds that are recorded, and of those that are not.
        pub(in super::super) fn worlds(&self) -> (f64, f64) {
            let read = |gauge: &AtomicU64| f64::from_bits(gauge.load(Ordering::Relaxed));
            (read(&self.active), read(&self.missing))
        }

        pub(in super::super) fn ticks(&self) -> u64 {
            self.ticks.load(Ordering::Relaxed)
        }

        pub(in super::super) fn dropped(&self) -> u64 {
            self.dropped.load(Ordering::Relaxed)
        }

        pub(in super::super) fn ended(&self, cause: EndCause) -> u64 {
            self.ended[cause as usize].load(Ordering::Relaxed)
        }
    }
}
