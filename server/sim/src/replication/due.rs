//! When a viewer gets its next snapshot.

use parlour_shared::ids::Tick;
use parlour_tick::{Cadence, Pace, PaceLevel};

/// What a viewer is sent in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// The changes nearby.
    Nearby,
    /// All changes.
    All,
}

impl Due {
    /// Returns what a viewer at `level` is sent in `tick`. Phases spread the viewers evenly over
    /// the ticks. A viewer without a `last_full_at` is sent everything immediately.
    pub(super) fn at(
        tick: Tick,
        phase: u32,
        pace: Pace,
        level: PaceLevel,
        last_full_at: Option<Tick>,
    ) -> Self {
        let (all, nearby) = pace.cadences(level);
        let is_due = |cadence: Cadence| tick.0.wrapping_add(phase).is_multiple_of(cadence.every_ticks());
        if is_due(all) || last_full_at.is_none_or(|last| tick.since(last) > all.every_ticks()) {
            Self::All
        } else if nearby < all && is_due(nearby) {
            Self::Nearby
        } else {
            Self::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_spread_viewers_evenly_over_the_ticks() {
        for cadence in Cadence::ALL {
            for tick in 100..160 {
                let is_due = |phase: &u32| {
                    let last = Some(Tick(tick - 1));
                    Due::at(Tick(tick), *phase, Pace::Fixed(cadence), PaceLevel::FULL, last) == Due::All
                };
                assert_eq!((0..60).filter(is_due).count() as u32, cadence.hz());
            }
        }
    }
}
