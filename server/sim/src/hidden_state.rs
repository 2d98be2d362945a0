//! Parameters of systems that remember or compare something that is not part of the state.

mod params;
mod report;

use bevy_app::App;
use bevy_ecs::prelude::*;

use crate::state;

pub use params::{Added, Changed, Local, RemovedComponents};
pub use report::HiddenState;

/// The parameters that game logic allows, by the name of the system or of the parameter, and why.
#[derive(Resource, Default)]
pub(crate) struct AllowedHiddenState(Vec<(&'static str, &'static str)>);

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<AllowedHiddenState>();
    state::derived::<AllowedHiddenState>(app);
}

/// Allows a parameter.
pub(crate) fn allow(app: &mut App, name: &'static str, why: &'static str) {
    let allowed = &mut app.world_mut().resource_mut::<AllowedHiddenState>().0;
    allowed.push((name, why));
}

/// Returns the systems of game logic that have such a parameter, sorted.
pub(crate) fn find(world: &World, schedule: &Schedule) -> Vec<HiddenState> {
    report::find(world, schedule, &world.resource::<AllowedHiddenState>().0)
}
