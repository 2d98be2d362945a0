//! Loads a world from its saved state.

use bevy_ecs::prelude::*;

use super::{EntityIndex, LoadError, PartRegistry, SavedPart, SavedState, StableId};
use crate::{clock::Clock, digest::Digest};

/// Fills a new world with a saved state: entities with their components, and resources. Returns the
/// index of all entities. The caller must rebuild everything that is derived from the state before
/// it calls [`verify`].
pub(crate) fn load(world: &mut World, saved: &SavedState<'_>) -> Result<EntityIndex, LoadError> {
    world.resource_mut::<Clock>().tick = saved.tick;
    let mut index = EntityIndex::default();
    for entity in &saved.entities {
        let spawned = world.spawn(entity.id).id();
        index.entities.insert(entity.id, spawned);
    }
    world.insert_resource(index);
    let loaded = load_parts(world, saved);
    let index = world.remove_resource::<EntityIndex>().unwrap_or_default();
    loaded.map(|()| index)
}

/// Hashes the whole world and compares the result with the saved hash.
pub(crate) fn verify(world: &mut World, expected: u64) -> Result<(), LoadError> {
    rehash(world);
    match world.resource::<Digest>().hash {
        hash if hash == expected => Ok(()),
        got => Err(LoadError::Hash { expected, got }),
    }
}

fn load_parts(world: &mut World, saved: &SavedState) -> Result<(), LoadError> {
    for entity in &saved.entities {
        let target = world.resource::<EntityIndex>().get(entity.id);
        for part in &entity.parts {
            load_part(world, target, Some(entity.id), part)?;
        }
    }
    // After the entities, because resources may refer to them.
    saved
        .resources
        .iter()
        .try_for_each(|part| load_part(world, None, None, part))
}

fn load_part(
    world: &mut World,
    target: Option<Entity>,
    owner: Option<StableId>,
    part: &SavedPart,
) -> Result<(), LoadError> {
    world.resource_scope(|world, registry: Mut<PartRegistry>| {
        let tag = usize::from(part.tag);
        let (name, declared_part) = registry
            .part(tag, target.is_some())
            .ok_or(LoadError::UnknownPart(part.tag))?;
        declared_part
            .load(world, target, part.bytes)
            .map_err(|reason| LoadError::Value {
                part: name,
                owner: owner.map_or_else(|| "the world".to_owned(), |id| id.to_string()),
                reason,
            })
    })
}

fn rehash(world: &mut World) {
    world.resource_scope(|world, registry: Mut<PartRegistry>| {
        for is_of_entity in [true, false] {
            registry
                .parts(is_of_entity)
                .for_each(|(_, part)| part.rehash(world));
        }
    });
    let clock = *world.resource::<Clock>();
    world.resource_mut::<Digest>().finish(clock);
}
