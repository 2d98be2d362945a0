//! Decides in which ticks a viewer has a full tick or a nearby tick.

use parlour_shared::ids::Tick;
use parlour_tick::Cadence;

/// What a viewer is sent in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DueFor {
    Nothing,
    /// Only the nearby changes.
    Nearby,
    /// All changes.
    Full,
}

impl DueFor {
    /// Returns what a viewer is due for in `tick`, if everything is sent at the first cadence, and
    /// what is nearby at the second. The phase of a viewer spreads the viewers evenly over the
    /// ticks. A viewer without a `last_full_at` has a full tick immediately.
    // Always inlined, like `Pace::cadences`.
    #[allow(clippy::inline_always, reason = "see there")]
    #[inline(always)]
    pub(super) fn at(
        tick: Tick,
        phase: u32,
        (full, nearby): (Cadence, Cadence),
        last_full_at: Option<Tick>,
    ) -> Self {
        let is_due = |cadence: Cadence| tick.0.wrapping_add(phase).is_multiple_of(cadence.every_ticks());
        if is_due(full) || last_full_at.is_none_or(|last| tick.since(last) > full.every_ticks()) {
            Self::Full
        } else if nearby < full && is_due(nearby) {
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
                let is_full = |phase: &u32| {
                    let last = Some(Tick(tick - 1));
                    DueFor::at(Tick(tick), *phase, (cadence, cadence), last) == DueFor::Full
                };
                assert_eq!((0..60).filter(is_full).count() as u32, cadence.hz());
            }
        }
    }
}
