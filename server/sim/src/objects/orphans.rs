//! Objects without a place in a room.

use bevy_ecs::{prelude::*, world::DeferredWorld};

use super::{object::Object, slots::ObjectSlots};
use crate::state::EntityIndex;

/// Objects that were spawned in this tick into rooms that no longer exist: game logic despawned the
/// room after it ordered the object, and before the object was added. They are despawned when the
/// tick ends, so that game logic can still add components to them.
#[derive(Resource, Debug, Default)]
pub(crate) struct Orphans(Vec<Entity>);

/// Notes a new object if it has no place in a room.
pub(super) fn note(world: &mut DeferredWorld<'_>, entity: Entity) {
    // In a world that is being loaded, objects get their places later.
    if world.contains_resource::<EntityIndex>() {
        return;
    }
    let place = world.get::<Object>(entity).and_then(|object| {
        let slots = world.get::<ObjectSlots>(object.room)?;
        slots.get(object.slot)
    });
    if place != Some(entity) {
        world.resource_mut::<Orphans>().0.push(entity);
    }
}

/// Despawns the objects that have no place in a room.
pub(crate) fn despawn_orphans(world: &mut World) {
    if world.resource::<Orphans>().0.is_empty() {
        return;
    }
    for orphan in std::mem::take(&mut world.resource_mut::<Orphans>().0) {
        world.try_despawn(orphan).ok();
    }
}
