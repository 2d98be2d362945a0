//! Checks that all tick threads advance. A tick thread that hangs, usually in game logic, cannot
//! report it.

use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use super::Sources;
use crate::{bridge::tick_status::TickStatus, suspension::SuspensionDetector};

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
    loop {
        timer.tick().await;
        let now = Instant::now();
        // Time during which the whole process was stopped does not count.
        gaps.beat(now);
        for (thread, (status, logged)) in sources.status.iter().zip(&mut logged).enumerate() {
            let still = now.saturating_duration_since(gaps.after_gap(status.advanced_at()));
            let frozen = still >= FROZEN_AFTER && sources.should_tick(status);
            status.set_frozen(if frozen { still } else { Duration::ZERO });
            if frozen != *logged {
                log(frozen, thread, status.tick().0);
                *logged = frozen;
            }
        }
    }
}

fn log(frozen: bool, thread: usize, tick: u32) {
    if frozen {
        tracing::error!(
            thread,
            tick,
            "the tick has not advanced for 1 s: new clients are turned away"
        );
    } else {
        tracing::info!(thread, tick, "the tick advances again");
    }
}

impl Sources {
    /// Returns whether a tick thread should advance: it has run a step, the server has not failed,
    /// and it is not stopping.
    fn should_tick(&self, status: &TickStatus) -> bool {
        status.steps() > 0 && self.failure.get().is_none() && !self.edge.is_stopping()
    }
}
