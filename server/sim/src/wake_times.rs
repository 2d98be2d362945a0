//! When features and game logic have something to do although nothing happens.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;

use crate::state;

/// Returns the next tick in which something is due, if there is one.
pub(crate) type WakeTime = Box<dyn Fn(&World) -> Option<Tick> + Send + Sync>;

/// The functions that name the next due tick of game logic.
#[derive(Resource, Default)]
pub(crate) struct WakeTimes(Vec<WakeTime>);

impl WakeTimes {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &WakeTime> {
        self.0.iter()
    }
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<WakeTimes>();
    state::derived::<WakeTimes>(app);
}

/// Lets a feature, or game logic, name the next tick in which it has something to do without any
/// input: a round that ends, for example. The function is called at the end of a step in which
/// nothing changed.
pub(crate) fn wakes_at(app: &mut App, next: WakeTime) {
    app.world_mut().resource_mut::<WakeTimes>().0.push(next);
}
