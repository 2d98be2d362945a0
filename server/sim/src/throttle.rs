//! Rate limits: a token bucket per player and kind of request, counted in ticks.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{ids::Tick, token_bucket::take_token};
use parlour_tick::Counters;
use serde::{Deserialize, Serialize};

use crate::{
    config::{Rate, RateLimits},
    player::Player,
    state,
};

/// The kinds of requests that have separate limits, and two counts of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum RequestKind {
    Moves,
    Join,
    Chat,
    Skin,
    State,
    Custom,
    /// Senseless requests. The bucket is empty after 20 in a minute.
    Senseless,
    /// Requests that come too often. The bucket is empty after a burst of 60, with one more per
    /// second.
    Limited,
}

/// A token bucket per kind of request, stored as the tick at which each is full again.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Throttle {
    full_at: [u32; Counters::LIMITS],
}

/// Senseless requests: the 20th in a burst closes the connection. One is forgotten every 3 s.
const SENSELESS: Rate = Rate {
    burst: 19,
    every_ticks: 180,
};
/// Requests that come too often: a burst of 60, and one per second, then the connection is closed.
const LIMITED: Rate = Rate {
    burst: 60,
    every_ticks: 60,
};

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Player, Throttle>();
    state::component::<Throttle>(app, "throttle");
}

impl Throttle {
    /// Returns the throttle of a player that comes from a different world.
    pub(crate) fn arriving(full_in: &[u32; Counters::LIMITS], now: Tick) -> Self {
        let full_at = |full_in| match full_in {
            0 => 0,
            ticks => now.0.saturating_add(ticks),
        };
        Self {
            full_at: full_in.map(full_at),
        }
    }

    /// Returns for each bucket the ticks until it is full.
    pub(crate) fn full_in(&self, now: Tick) -> [u32; Counters::LIMITS] {
        self.full_at.map(|full_at| full_at.saturating_sub(now.0))
    }

    /// Takes a token of a kind, or returns the ticks until there is one. The limits are those of
    /// the room in which the player is now.
    pub(crate) fn take(&mut self, kind: RequestKind, limits: &RateLimits, now: Tick) -> Result<(), u32> {
        let rate = match kind {
            RequestKind::Moves => limits.moves,
            RequestKind::Join => limits.join,
            RequestKind::Chat => limits.chat,
            RequestKind::Skin => limits.skin,
            RequestKind::State => limits.state,
            RequestKind::Custom => limits.custom,
            RequestKind::Senseless => SENSELESS,
            RequestKind::Limited => LIMITED,
        };
        let stored = &mut self.full_at[kind as usize];
        let (now, every) = (u64::from(now.0), u64::from(rate.every_ticks));
        let mut full_at = u64::from(*stored);
        let taken = take_token(&mut full_at, now, now, every, every * u64::from(rate.burst));
        *stored = u32::try_from(full_at).unwrap_or(u32::MAX);
        // A bucket fills in fewer than 2^24 ticks.
        taken.map_err(|wait| wait as u32)
    }
}
