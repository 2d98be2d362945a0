//! The world in which most tests play.

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::motion::Position;
use parlour_sim::{
    Clock, FromPlayer, Motion, Rate, RateLimits, RoomRules, SimConfig, SimulationApp, Step, StepSet, Walk,
};
use serde::{Deserialize, Serialize};

use crate::maps::open_map;

/// One open map, `plaza`, of 2000 x 2000 px, where everyone appears at the middle of the first tiles; no limits.
#[must_use]
pub fn plaza() -> SimConfig {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 125, 1))]);
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules = generous();
    config
}

/// Rules without any limit that a test could meet by being busy.
#[must_use]
pub fn generous() -> RoomRules {
    let rate = Rate {
        burst: 10_000,
        every_ticks: 1,
    };
    RoomRules {
        rates: RateLimits {
            moves: rate,
            join: rate,
            chat: rate,
            skin: rate,
            state: rate,
            custom: rate,
        },
        ..RoomRules::default()
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Teleport(pub(crate) Position);

/// A plugin that lets tests put players anywhere: [`Acts::teleport`](crate::Acts::teleport).
pub fn teleporting(app: &mut App) {
    app.player_message::<Teleport>("teleport");
    app.add_systems(Step, teleport.before(Walk).in_set(StepSet::Simulate));
}

fn teleport(
    mut wishes: MessageReader<FromPlayer<Teleport>>,
    mut players: Query<&mut Motion>,
    clock: Res<Clock>,
) {
    for wish in wishes.read() {
        if let Ok(mut motion) = players.get_mut(wish.player) {
            motion.teleport(clock.tick, wish.message.0);
        }
    }
}
