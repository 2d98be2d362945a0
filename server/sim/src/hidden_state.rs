//! Parameters of systems that remember or compare something that is not part of the state.

mod params;
mod report;

use bevy_app::App;
use bevy_ecs::prelude::*;

use crate::{simulation::Simulation, state};

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

impl Simulation {
    /// Returns the systems of game logic with a [`Local`], [`Added`], [`Changed`] or
    /// [`RemovedComponents`] of this crate as a parameter, sorted. What such a parameter knows of
    /// earlier ticks is not part of the state. A server logs them when it starts.
    ///
    /// The types of the same names in `bevy_ecs` are not found, because Bevy does not keep the types
    /// of parameters.
    #[must_use]
    pub fn hidden_state(&self) -> Vec<HiddenState> {
        let allowed = &self.world().resource::<AllowedHiddenState>().0;
        report::find(self.world(), self.schedule(), allowed)
    }
}
