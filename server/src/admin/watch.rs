//! Checks that the tick advances. A tick thread that hangs, usually in game logic, cannot report
//! it.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use super::Sources;
use crate::suspension::SuspensionDetector;

/// 60 ticks. Load alone never delays a tick for this long.
const FROZEN_AFTER: Duration = Duration::from_secs(1);
/// The time between two checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Checks until the runtime ends.
pub(super) async fn run(sources: &Sources) {
    let mut timer = interval(CHECK_INTERVAL);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let gaps = SuspensionDetector::new(Instant::now());
    let mut logged = false;
    loop {
        timer.tick().await;
        let now = Instant::now();
        // Time during which the whole process was stopped does not count.
        gaps.beat(now);
        let still = now.saturating_duration_since(gaps.after_gap(sources.status.advanced_at()));
        let frozen = still >= FROZEN_AFTER && sources.should_tick();
        sources
            .status
            .set_frozen(if frozen { still } else { Duration::ZERO });
        if frozen != logged {
            log(frozen, sources.status.tick().0);
            logged = frozen;
        }
    }
}

fn log(frozen: bool, tick: u32) {
    if frozen {
        tracing::error!(
            tick,
            "the tick has not advanced for 1 s: new clients are turned away"
        );
    } else {
        tracing::info!(tick, "the tick advances again");
    }
}

impl Sources {
    /// Returns whether the tick should advance: the tick thread has run a step, the server has not
    /// failed, and it is not stopping.
    fn should_tick(&self) -> bool {
        self.status.steps() > 0 && self.failure.get().is_none() && !self.edge.is_stopping()
    }
}
