//! Rate limits: a token bucket per player and kind of request, counted in ticks.

use parlour_shared::ids::Tick;

use crate::{
    components::{Kind, Throttle},
    config::{Rate, RateLimits},
};

/// Refusals that make no sense, which is 20 a minute: with the 20th at once the connection is closed, and before
/// that one is forgotten every 3 s.
const SENSELESS: Rate = Rate {
    burst: 19,
    every_ticks: 180,
};
/// Refusals for coming too often: 60 at once and one a second, then the connection is closed.
const LIMITED: Rate = Rate {
    burst: 60,
    every_ticks: 60,
};

impl Throttle {
    /// Takes a token of a kind, or says after how many ticks there is one.
    pub(crate) fn take(&mut self, kind: Kind, limits: &RateLimits, now: Tick) -> Result<(), u32> {
        let rate = match kind {
            Kind::Moves => limits.moves,
            Kind::Join => limits.join,
            Kind::Chat => limits.chat,
            Kind::Skin => limits.skin,
            Kind::State => limits.state,
            Kind::Custom => limits.custom,
            Kind::Senseless => SENSELESS,
            Kind::Limited => LIMITED,
        };
        let full_at = &mut self.full_at[kind as usize];
        let missing = full_at.saturating_sub(now.0) + rate.every_ticks;
        match missing.checked_sub(rate.burst * rate.every_ticks) {
            Some(wait @ 1..) => Err(wait),
            _ => {
                *full_at = now.0 + missing;
                Ok(())
            }
        }
    }
}
