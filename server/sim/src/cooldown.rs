//! Something that can be used again only after a while.

use std::time::Duration;

use parlour_shared::ids::Tick;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// A part of a component of game logic: a dash that a player can use every three seconds.
///
/// ```
/// # use parlour_shared::ids::Tick;
/// # use parlour_sim::{Clock, Cooldown};
/// # use std::time::Duration;
/// let mut dash = Cooldown::default();
/// let mut clock = Clock { tick: Tick(100) };
/// assert!(dash.try_use(&clock, Duration::from_secs(3)));
/// assert!(!dash.try_use(&clock, Duration::from_secs(3)));
/// assert_eq!(dash.ticks_left(&clock), 180);
/// clock.tick = Tick(280);
/// assert!(dash.try_use(&clock, Duration::from_secs(3)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cooldown {
    /// The first tick in which it can be used again.
    ready_at: Tick,
}

impl Cooldown {
    /// Returns one that was just used, and can be used again after `time`.
    #[must_use]
    pub fn used(clock: &Clock, time: Duration) -> Self {
        Self {
            ready_at: clock.after(time),
        }
    }

    /// Returns whether it can be used now.
    #[must_use]
    pub fn is_ready(&self, clock: &Clock) -> bool {
        clock.tick >= self.ready_at
    }

    /// Uses it, if it can be used now. It can be used again after `time`.
    pub fn try_use(&mut self, clock: &Clock, time: Duration) -> bool {
        let is_ready = self.is_ready(clock);
        if is_ready {
            *self = Self::used(clock, time);
        }
        is_ready
    }

    /// Returns the number of ticks until it can be used again.
    #[must_use]
    pub fn ticks_left(&self, clock: &Clock) -> u32 {
        self.ready_at.0.saturating_sub(clock.tick.0)
    }
}
