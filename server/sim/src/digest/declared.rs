//! The list that every component must be on: hashed, or declared to be no part of the state.

use std::collections::BTreeSet;

use bevy_app::App;
use bevy_ecs::{component::ComponentId, prelude::*};

/// Which components were declared, and how many archetypes were looked at so far.
#[derive(Resource, Debug, Default)]
pub(crate) struct Declared {
    known: BTreeSet<ComponentId>,
    hashed: u64,
    archetypes_seen: usize,
}

impl Declared {
    /// Declares a component as hashed; gives its tag, the number of hashed components so far.
    pub(super) fn hashed<C: Component>(app: &mut App) -> u64 {
        let mut declared = Self::add::<C>(app);
        declared.hashed += 1;
        declared.hashed
    }

    /// Declares a component as derived from hashed ones, or as made for presentation only.
    pub(crate) fn derived<C: Component>(app: &mut App) {
        Self::add::<C>(app);
    }

    fn add<C: Component>(app: &mut App) -> Mut<'_, Self> {
        let world = app.world_mut();
        world.init_resource::<Self>();
        let id = world.register_component::<C>();
        let own = world.register_component::<Self>();
        let mut declared = world.resource_mut::<Self>();
        declared.known.extend([id, own]);
        declared
    }
}

/// Looks at the archetypes that are new since the last tick.
///
/// # Panics
/// If one has a component that nobody declared: a part of the state that no hash would ever show to differ.
pub(crate) fn check_declared(world: &mut World) {
    let total = world.archetypes().len();
    if world.resource::<Declared>().archetypes_seen == total {
        return;
    }
    let declared = world.resource::<Declared>();
    for archetype in world.archetypes().iter().skip(declared.archetypes_seen) {
        for &id in archetype.components() {
            let name = world
                .components()
                .get_name(id)
                .map(|name| name.to_string())
                .unwrap_or_default();
            // What Bevy keeps for itself (schedules, message buffers) lives within a tick.
            let of_bevy = name.starts_with("bevy_");
            assert!(
                of_bevy || declared.known.contains(&id),
                "component {name} is neither hashed nor declared presentation-only: call \
                 app.hash_component::<{name}>() or app.presentation_only::<{name}>() in the plugin that adds it"
            );
        }
    }
    world.resource_mut::<Declared>().archetypes_seen = total;
}
