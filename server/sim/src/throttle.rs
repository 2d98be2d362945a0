//! Rate limits: a token bucket per player and kind of request, counted in ticks.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;
use serde::{Deserialize, Serialize};

use crate::{
    config::{Rate, RateLimits},
    player::Player,
    state,
};

/// Kinds of requests that are limited each for itself, and two counts of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum RequestKind {
    Moves,
    Join,
    Chat,
    Skin,
    State,
    Custom,
    /// Refused for making no sense; runs out at 20 a minute.
    Senseless,
    /// Refused for coming too often; runs out at 60 in a burst and 1 a second.
    Limited,
}

/// A token bucket per kind of request: the tick at which each is full again, which is all there is to know.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Throttle {
    full_at: [u32; 8],
}

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

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Player, Throttle>();
    state::component::<Throttle>(app, "throttle");
}

impl Throttle {
    /// Takes a token of a kind, or says after how many ticks there is one.
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
