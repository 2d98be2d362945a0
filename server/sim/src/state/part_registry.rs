//! The registry of all declared components and resources, including those that are not part of the
//! state.

use std::{collections::BTreeSet, fmt};

use bevy_app::App;
use bevy_ecs::{component::ComponentId, prelude::*, resource::IsResource};

use super::{EntityIndex, StableId, part::Part, stable_id};
use crate::digest::{Digest, Shares};

/// The declarations.
#[derive(Resource, Default)]
pub(crate) struct PartRegistry {
    /// The parts of the state, in the order of declaration. The index of a part is its tag.
    parts: Vec<RegisteredPart>,
    known: BTreeSet<ComponentId>,
    /// The known components that must be on entities with a stable id.
    by_entity: BTreeSet<ComponentId>,
}

struct RegisteredPart {
    name: &'static str,
    /// The component or resource.
    id: ComponentId,
    of_entity: bool,
    part: Box<dyn Part>,
}

impl fmt::Debug for PartRegistry {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}

impl PartRegistry {
    /// Returns the names of the parts, by tag.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.parts.iter().map(|entry| entry.name)
    }

    /// Returns the parts with their tags: components if `of_entity` is true, otherwise resources.
    pub(super) fn parts(&self, of_entity: bool) -> impl Iterator<Item = (usize, &dyn Part)> {
        let entries = self.parts.iter().enumerate();
        entries
            .filter(move |(_, entry)| entry.of_entity == of_entity)
            .map(|(tag, entry)| (tag, &*entry.part))
    }

    /// Returns the components with their names.
    pub(super) fn named_parts_of_entities(&self) -> impl Iterator<Item = (&'static str, &dyn Part)> {
        let entries = self.parts.iter().filter(|entry| entry.of_entity);
        entries.map(|entry| (entry.name, &*entry.part))
    }

    /// Returns a part with its name, or `None` if the tag is unknown or belongs to the other kind.
    pub(super) fn part(&self, tag: usize, of_entity: bool) -> Option<(&'static str, &dyn Part)> {
        let entry = self.parts.get(tag).filter(|entry| entry.of_entity == of_entity)?;
        Some((entry.name, &*entry.part))
    }

    /// Returns the name under which a component is part of the state.
    pub(crate) fn name_of(&self, id: ComponentId) -> Option<&'static str> {
        let part = self.parts.iter().find(|part| part.id == id)?;
        Some(part.name)
    }

    pub(crate) fn show(&self, tag: usize, bytes: &[u8]) -> Option<serde_json::Value> {
        self.parts.get(tag)?.part.show(bytes)
    }

    pub(super) fn component<C: Component>(
        app: &mut App,
        name: &'static str,
        part: impl FnOnce(usize) -> Box<dyn Part>,
    ) -> usize {
        let id = Self::register::<C>(app);
        let mut registry = app.world_mut().resource_mut::<Self>();
        registry.by_entity.insert(id);
        registry.add(name, (id, true), part)
    }

    pub(super) fn resource<R: Resource>(
        app: &mut App,
        name: &'static str,
        part: impl FnOnce(usize) -> Box<dyn Part>,
    ) -> usize {
        let id = Self::register::<R>(app);
        let mut registry = app.world_mut().resource_mut::<Self>();
        registry.add(name, (id, false), part)
    }

    pub(super) fn derived<C: Component>(app: &mut App) {
        Self::register::<C>(app);
    }

    fn add(
        &mut self,
        name: &'static str,
        (id, of_entity): (ComponentId, bool),
        part: impl FnOnce(usize) -> Box<dyn Part>,
    ) -> usize {
        assert!(
            self.names().all(|taken| taken != name),
            "the name {name} is already used by another part of the state: choose a different name"
        );
        assert!(
            self.parts.len() < 256,
            "at most 256 parts of the state; {name} is one too many"
        );
        let tag = self.parts.len();
        let part = part(tag);
        self.parts.push(RegisteredPart {
            name,
            id,
            of_entity,
            part,
        });
        tag
    }

    fn register<C: Component>(app: &mut App) -> ComponentId {
        let world = app.world_mut();
        if !world.contains_resource::<Self>() {
            world.init_resource::<Self>();
            world.init_resource::<Digest>();
            stable_id::check_uniqueness(world);
            let own = [
                world.register_component::<Self>(),
                world.register_component::<Digest>(),
                world.register_component::<StableId>(),
                world.register_component::<EntityIndex>(),
                world.register_component::<stable_id::StableIds>(),
                world.register_component::<Shares>(),
            ];
            world.resource_mut::<Self>().known.extend(own);
        }
        let id = world.register_component::<C>();
        let new = world.resource_mut::<Self>().known.insert(id);
        assert!(
            new,
            "{} is declared twice: keep one of its calls of state_component, state_resource, replicate or \
             presentation_only",
            std::any::type_name::<C>()
        );
        id
    }
}

/// Checks the archetypes that are new since the last call. `checked` counts those that are not.
///
/// # Panics
/// If an archetype has an undeclared component, or a component of the state without a stable id.
/// Neither the hash nor keyframes would contain such a component.
pub(crate) fn check_declared(world: &World, checked: &mut usize) {
    let total = world.archetypes().len();
    if *checked == total {
        return;
    }
    let registry = world.resource::<PartRegistry>();
    let stable_id = world.component_id::<StableId>();
    let is_resource = world.component_id::<IsResource>();
    for archetype in world.archetypes().iter().skip(*checked) {
        let has_stable_id = stable_id.is_some_and(|id| archetype.contains(id));
        for &id in archetype.components() {
            let name = world
                .components()
                .get_name(id)
                .map(|name| name.to_string())
                .unwrap_or_default();
            // Bevy's resources are schedules, and message buffers, which are empty between ticks.
            let of_bevy = name.starts_with("bevy_ecs::") || name.starts_with("bevy_app::");
            if !of_bevy && !registry.known.contains(&id) {
                undeclared(&name, is_resource.is_some_and(|id| archetype.contains(id)));
            }
            assert!(
                has_stable_id || !registry.by_entity.contains(&id),
                "component {name} is part of the state, but is on an entity without a stable id: spawn it with \
                 StableId::game(number)"
            );
        }
    }
    *checked = total;
}

/// Panics with the line to add to the plugin.
fn undeclared(name: &str, is_resource: bool) -> ! {
    let (kind, state) = if is_resource {
        ("resource", format!("app.state_resource::<{name}>(\"name\")"))
    } else {
        let replicated = "(replicate instead of state_component: nearby players also see it)";
        let call = format!("app.state_component::<{name}>(\"name\") {replicated}");
        ("component", call)
    };
    panic!(
        "{kind} {name} is neither part of the state nor declared presentation-only: call {state} or \
         app.presentation_only::<{name}>() in the plugin that adds it"
    );
}
