//! Moves players and objects to positions, for tests of game logic.

use std::sync::{Arc, Mutex, PoisonError};

use bevy_app::{App, Plugin};
use bevy_ecs::prelude::*;
use parlour_shared::motion::Position;
use parlour_sim::{Clock, MaySleep, Motion, SimulationApp, StepSet, TickSchedule};

/// Moves players and objects to positions at the start of the next tick, where they stand still.
///
/// It is a plugin, and a clone of it adds the moves. Unlike a message of a player, a move costs no
/// token of a rate limit, and its system has an order with every system of game logic. The moves
/// are not a part of the input: a recording does not contain them, and they do not wake a quiet
/// world.
#[derive(Clone, Debug, Default)]
pub struct Placements(Arc<Mutex<Vec<(Entity, Position)>>>);

impl Placements {
    /// Moves a player or an object in the next tick. Does nothing if it is in no room then.
    pub fn place(&self, entity: Entity, position: Position) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((entity, position));
    }
}

#[derive(Resource)]
struct Waiting(Placements);

impl Plugin for Placements {
    fn build(&self, app: &mut App) {
        app.insert_resource(Waiting(self.clone()));
        app.presentation_only::<Waiting>();
        app.add_systems(
            TickSchedule,
            place
                .after(StepSet::Guard)
                .before(StepSet::Simulate)
                .in_set(MaySleep),
        );
    }
}

fn place(waiting: Res<Waiting>, mut movers: Query<&mut Motion>, clock: Res<Clock>) {
    let mut waiting = waiting.0.0.lock().unwrap_or_else(PoisonError::into_inner);
    for (entity, position) in waiting.drain(..) {
        if let Ok(mut motion) = movers.get_mut(entity) {
            motion.teleport(clock.tick, position);
        }
    }
}
