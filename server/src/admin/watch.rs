//! Checks that all tick threads and the desk advance. A tick thread that hangs, usually in game
//! logic, cannot report it.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use super::Sources;
use crate::{bridge::progress::Progress, suspension::SuspensionDetector};

/// 60 ticks. Load alone never delays a tick for this long.
const FROZEN_AFTER: Duration = Duration::from_secs(1);
/// The time between two checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Checks until the runtime ends.
pub(super) async fn run(sources: &Sources) {
    let mut timer = interval(CHECK_INTERVAL);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let gaps = SuspensionDetector::new(Instant::now());
    let mut logged: Vec<bool> = sources.status.iter().map(|_| false).collect();
    let mut desk_logged = false;
    loop {
        timer.tick().await;
        let now = Instant::now();
        // Time during which the whole process was stopped does not count.
        gaps.beat(now);
        for (thread, status) in sources.status.iter().enumerate() {
            sources.check(status.progress(), &gaps, now);
            let frozen = status.progress().frozen().is_some();
            sources.metrics.ticks[thread].frozen.set(f64::from(frozen));
        }
        sources.check(sources.status.desk(), &gaps, now);
        for (thread, (status, logged)) in sources.status.iter().zip(&mut logged).enumerate() {
            let frozen = status.progress().frozen().is_some();
            if frozen != *logged {
                let all = sources.status.all_are_frozen();
                log_tick_thread(frozen, all, thread, status.tick().0);
                *logged = frozen;
            }
        }
        let frozen = sources.status.desk().frozen().is_some();
        if frozen != desk_logged {
            log_desk(frozen);
            desk_logged = frozen;
        }
    }
}

fn log_tick_thread(frozen: bool, all: bool, thread: usize, tick: u32) {
    match (frozen, all) {
        (true, true) => tracing::error!(
            thread,
            tick,
            "the tick has not advanced for 1 s: new clients are turned away"
        ),
        (true, false) => tracing::error!(
            thread,
            tick,
            "the tick has not advanced for 1 s: the worlds of this thread stand still, and new rooms are created on \
             other threads"
        ),
        (false, _) => tracing::info!(thread, tick, "the tick advances again"),
    }
}

fn log_desk(frozen: bool) {
    match frozen {
        true => tracing::error!("the desk has not advanced for 1 s: new clients are turned away"),
        false => tracing::info!("the desk advances again"),
    }
}

impl Sources {
    /// Notes whether a thread stands still.
    fn check(&self, progress: &Progress, gaps: &SuspensionDetector, now: Instant) {
        let still = now.saturating_duration_since(gaps.after_gap(progress.advanced_at()));
        let frozen = still >= FROZEN_AFTER && self.should_advance(progress);
        progress.set_frozen(if frozen { still } else { Duration::ZERO });
    }

    /// Returns whether a thread should advance: it has begun, the server has not failed, and it is
    /// not stopping.
    fn should_advance(&self, progress: &Progress) -> bool {
        progress.has_begun() && self.failure.get().is_none() && !self.edge.is_stopping()
    }
}
