//! Counts of a measurement and their rates.

use std::time::{Duration, Instant};

use parlour_benches::process::cpu_time;

/// Counts since the start of the measurement.
pub(crate) struct Tally {
    start: Instant,
    cpu: Duration,
    pub(crate) sent: f64,
    pub(crate) received: u64,
    /// Messages that were not sent because the peer reads too slowly.
    pub(crate) refused: u64,
    /// Ticks that were skipped because the server was late.
    pub(crate) skipped: u64,
}

/// The counts as rates, and CPU time.
pub(crate) struct Rates {
    pub(crate) seconds: f64,
    pub(crate) sent_per_s: f64,
    pub(crate) received_per_s: f64,
    pub(crate) cpu_us: f64,
    pub(crate) cpu_us_per_message: f64,
    pub(crate) cpu_percent: f64,
}

impl Tally {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
            cpu: cpu_time(),
            sent: 0.0,
            received: 0,
            refused: 0,
            skipped: 0,
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn rates(&self) -> Rates {
        let seconds = self.elapsed().as_secs_f64();
        let cpu = cpu_time().saturating_sub(self.cpu).as_secs_f64();
        let received = self.received as f64;
        Rates {
            seconds,
            sent_per_s: self.sent / seconds,
            received_per_s: received / seconds,
            cpu_us: cpu * 1e6,
            cpu_us_per_message: cpu * 1e6 / (self.sent + received).max(1.0),
            cpu_percent: cpu / seconds * 100.0,
        }
    }
}
