//! The configuration of most tests.

use std::sync::Arc;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::motion::Position;
use parlour_sim::{
    Clock, FromPlayer, Motion, Rate, RateLimits, RoomRules, SimConfig, SimulationApp, StepSet, TickSchedule,
    Walk,
};
use serde::{Deserialize, Serialize};

use crate::maps::open_map;

/// One open map, `plaza`, of 2000 x 2000 px, with a single spawn point near its corner, three skins
/// and no rate limits.
#[must_use]
pub fn plaza() -> SimConfig {
    let mut config = SimConfig::new(vec![Arc::new(open_map("plaza", 125, 1))]);
    config.skins = ["a", "b", "c"].map(String::from).to_vec();
    config.rules = generous_rules();
    config
}

/// Rules with rate limits that no test reaches.
#[must_use]
pub fn generous_rules() -> RoomRules {
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

/// Lets a test move players with [`teleport`](crate::SessionActions::teleport).
pub fn teleport_plugin(app: &mut App) {
    app.player_message::<Teleport>("teleport");
    app.add_systems(TickSchedule, teleport.before(Walk).in_set(StepSet::Simulate));
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
