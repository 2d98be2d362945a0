//! Estimates the current tick of a room from the arrival of the server's messages.

use std::time::{Duration, Instant};

use parlour_shared::{ids::Tick, limits::TICK_RATE};

/// After this long the estimate starts again, because the clocks may have drifted.
const MEMORY: Duration = Duration::from_secs(10);

/// Estimates the tick of a room. The message with the least delay determines the estimate, so it is
/// late by the shortest latency from the server, and never by the time in a queue.
///
/// Each room counts its own ticks: start with a new clock in each room.
#[derive(Clone, Copy, Debug, Default)]
pub struct TickClock {
    best: Option<Arrival>,
}

#[derive(Clone, Copy, Debug)]
struct Arrival {
    at: Instant,
    tick: Tick,
}

impl TickClock {
    /// Records the arrival of a message that names this tick as the last completed one.
    pub fn observe(&mut self, tick: Tick, now: Instant) {
        let better = self
            .best
            .is_none_or(|best| now.saturating_duration_since(best.at) > MEMORY || Some(tick) > self.at(now));
        if better {
            self.best = Some(Arrival { at: now, tick });
        }
    }

    /// Returns the earliest moment at which a message can arrive that names this tick as completed.
    /// It may be in the past. Returns `None` before any message.
    #[must_use]
    pub fn arrival(&self, tick: Tick) -> Option<Instant> {
        let best = self.best?;
        let time = |ticks: u32| Duration::from_nanos(u64::from(ticks) * 1_000_000_000 / u64::from(TICK_RATE));
        if tick < best.tick {
            best.at.checked_sub(time(best.tick.0 - tick.0))
        } else {
            best.at.checked_add(time(tick.0 - best.tick.0))
        }
    }

    /// Returns an estimate of the last completed tick, or `None` before any message.
    #[must_use]
    pub fn at(&self, now: Instant) -> Option<Tick> {
        let best = self.best?;
        let elapsed = now.saturating_duration_since(best.at).as_micros() * u128::from(TICK_RATE) / 1_000_000;
        Some(Tick(
            best.tick
                .0
                .saturating_add(u32::try_from(elapsed).unwrap_or(u32::MAX)),
        ))
    }
}
