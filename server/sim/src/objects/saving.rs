//! Objects of a saved world.

use bevy_ecs::prelude::*;
use parlour_shared::ids::KindId;

use super::{
    ObjectSlots,
    object::{Object, SavedObject},
    owner,
    spawn::ObjectsSpawned,
};
use crate::{
    clock::Clock,
    kinds::EntityKinds,
    movement::{CurrentPosition, Motion},
    object_space,
    state::{EntityIndex, LoadError, StableId},
};

/// Returns an object in its room. [`rebuild`] gives it its slot.
pub(super) fn restore_object((id, kind, epoch, slot): SavedObject, world: &World) -> Option<Object> {
    let is_known = kind != KindId::PLAYER && world.resource::<EntityKinds>().get(kind).is_some();
    let room = world.resource::<EntityIndex>().get(StableId::room(epoch))?;
    is_known.then_some(Object {
        id,
        kind,
        room,
        epoch,
        slot,
    })
}

/// Puts all objects of a loaded world into their slots again, and checks that they could exist.
pub(crate) fn rebuild(world: &mut World) -> Result<(), LoadError> {
    let tick = world.resource::<Clock>().tick;
    let spawned = world.resource::<ObjectsSpawned>().0;
    let mut objects: Vec<(Entity, Object, StableId)> = world
        .query::<(Entity, &Object, &StableId)>()
        .iter(world)
        .map(|(entity, object, id)| (entity, *object, *id))
        .collect();
    objects.sort_unstable_by_key(|(.., id)| *id);
    for (entity, object, id) in objects {
        let wrong = |what: &str| Err(LoadError::Contradiction(format!("{id}: {what}")));
        if id != StableId::object(object.id) || object.id.0 > spawned {
            return wrong("not the object that it says");
        }
        let Some(motion) = world.get::<Motion>(entity) else {
            return wrong("it has no motion");
        };
        if motion.segment().since > tick {
            return wrong("its motion begins later");
        }
        let position = motion.segment().at(tick);
        let slots = world.get_mut::<ObjectSlots>(object.room);
        if !slots.is_some_and(|mut slots| slots.take_again(object.slot, entity)) {
            return wrong("its slot is taken twice, or is not a slot of the room");
        }
        world.entity_mut(entity).insert(CurrentPosition(position));
        object_space::insert(&mut world.into(), entity);
    }
    owner::rebuild(world)
}
