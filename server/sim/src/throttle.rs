//! Rate limits: a token bucket per player and kind of request, counted in ticks.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;
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
    /// the room in which the player is now. Under the limits of a different room, the bucket may
    /// have been emptied for longer than this one takes to fill: then it is just empty.
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
        let full_at = &mut self.full_at[kind as usize];
        let burst = rate.burst * rate.every_ticks;
        *full_at = (*full_at).min(now.0.saturating_add(burst));
        let missing = full_at.saturating_sub(now.0) + rate.every_ticks;
        match missing.checked_sub(burst) {
            Some(wait @ 1..) => Err(wait),
            _ => {
                *full_at = now.0 + missing;
                Ok(())
            }
        }
    }
}
