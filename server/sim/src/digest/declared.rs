//! The list that every component must be on: hashed, or declared to be no part of the state.

use std::collections::BTreeSet;

use bevy_app::App;
use bevy_ecs::{component::ComponentId, prelude::*};

use super::StableId;

/// Which components were declared, and how many archetypes were looked at so far.
#[derive(Resource, Debug, Default)]
pub(crate) struct Declared {
    known: BTreeSet<ComponentId>,
    /// Those of the known whose values are hashed entity by entity.
    by_entity: BTreeSet<ComponentId>,
    hashed: u64,
    archetypes_seen: usize,
}

impl Declared {
    /// Declares a component as hashed; gives its tag, the number of hashed components so far.
    pub(super) fn hashed<C: Component>(app: &mut App) -> u64 {
        let (mut declared, id) = Self::add::<C>(app);
        declared.by_entity.insert(id);
        declared.next_tag()
    }

    /// Declares a resource as hashed; gives its tag.
    pub(super) fn hashed_resource<R: Resource>(app: &mut App) -> u64 {
        Self::add::<R>(app).0.next_tag()
    }

    /// Declares a component as derived from hashed ones, or as made for presentation only.
    pub(crate) fn derived<C: Component>(app: &mut App) {
        let _ = Self::add::<C>(app);
    }

    fn next_tag(&mut self) -> u64 {
        self.hashed += 1;
        self.hashed
    }

    fn add<C: Component>(app: &mut App) -> (Mut<'_, Self>, ComponentId) {
        let world = app.world_mut();
        world.init_resource::<Self>();
        let id = world.register_component::<C>();
        let own = world.register_component::<Self>();
        let mut declared = world.resource_mut::<Self>();
        declared.known.insert(own);
        let new = declared.known.insert(id);
        assert!(new, "component {} is declared twice", std::any::type_name::<C>());
        (declared, id)
    }
}

/// Looks at the archetypes that are new since the last tick.
///
/// # Panics
/// If one has a component that nobody declared, or one that is hashed but no stable id: a part of the state that no
/// hash would ever show to differ.
pub(crate) fn check_declared(world: &mut World) {
    let total = world.archetypes().len();
    if world.resource::<Declared>().archetypes_seen == total {
        return;
    }
    let declared = world.resource::<Declared>();
    let stable_id = world.component_id::<StableId>();
    for archetype in world.archetypes().iter().skip(declared.archetypes_seen) {
        let has_stable_id = stable_id.is_some_and(|id| archetype.contains(id));
        for &id in archetype.components() {
            let name = world
                .components()
                .get_name(id)
                .map(|name| name.to_string())
                .unwrap_or_default();
            // What Bevy keeps for itself: schedules, and buffers of messages. Of those, only the meetings and partings of
            // a tick are read in the next, and they follow from how the near sets changed.
            let of_bevy = name.starts_with("bevy_ecs::") || name.starts_with("bevy_app::");
            assert!(
                of_bevy || declared.known.contains(&id),
                "component {name} is neither hashed nor declared presentation-only: call \
                 app.hash_component::<{name}>() (a resource: hash_resource) or \
                 app.presentation_only::<{name}>() in the plugin that adds it"
            );
            assert!(
                has_stable_id || !declared.by_entity.contains(&id),
                "component {name} is hashed, but is on an entity without a stable id: spawn it with \
                 StableId::game(number)"
            );
        }
    }
    world.resource_mut::<Declared>().archetypes_seen = total;
}
