//! Loading a world from its saved state.

use bevy_ecs::prelude::*;

use super::{Index, Inventory, SavedPart, SavedState, StableId};
use crate::{clock::Clock, digest::Digest, rooms, sessions};

/// Why saved bytes do not become a world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// They are not laid out as a saved state.
    #[error("the bytes are not a saved state")]
    Layout,
    /// They have a part that this world does not know: it was saved with other game logic.
    #[error("part {0} of the state is unknown; was it saved with other game logic?")]
    UnknownPart(u8),
    /// A value cannot be.
    #[error("{part} of {owner}: {reason}")]
    Value {
        /// The part of the state.
        part: &'static str,
        /// Whose.
        owner: String,
        /// What is wrong.
        reason: String,
    },
    /// What belongs together does not fit together.
    #[error("the saved state contradicts itself: {0}")]
    Contradiction(String),
    /// It was loaded, but its hash is another one.
    #[error("the state hashes to {got:016x}, but was saved with {expected:016x}")]
    Hash {
        /// What was saved.
        expected: u64,
        /// What came out.
        got: u64,
    },
}

/// Fills a new world.
pub(crate) fn load(world: &mut World, bytes: &[u8]) -> Result<(), LoadError> {
    let saved = SavedState::parse(bytes)?;
    world.resource_mut::<Clock>().tick = saved.tick;
    let mut index = Index::default();
    for entity in &saved.entities {
        let spawned = world.spawn(entity.id).id();
        index.entities.insert(entity.id, spawned);
    }
    world.insert_resource(index);
    let loaded = load_all(world, &saved);
    let index = world.remove_resource::<Index>().unwrap_or_default();
    loaded?;
    rooms::rebuild(world, &index)?;
    sessions::rebuild(world)?;
    rehash(world);
    match world.resource::<Digest>().hash {
        hash if hash == saved.hash => Ok(()),
        got => Err(LoadError::Hash {
            expected: saved.hash,
            got,
        }),
    }
}

fn load_all(world: &mut World, saved: &SavedState) -> Result<(), LoadError> {
    for entity in &saved.entities {
        let target = world.resource::<Index>().get(entity.id);
        for part in &entity.parts {
            load_part(world, target, Some(entity.id), part)?;
        }
    }
    // After the entities, for resources may tell of them.
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
    world.resource_scope(|world, inventory: Mut<Inventory>| {
        let tag = usize::from(part.tag);
        let (name, known) = inventory
            .part(tag, target.is_some())
            .ok_or(LoadError::UnknownPart(part.tag))?;
        known
            .load(world, target, part.bytes)
            .map_err(|reason| LoadError::Value {
                part: name,
                owner: owner.map_or_else(|| "the world".to_owned(), |id| id.to_string()),
                reason,
            })
    })
}

fn rehash(world: &mut World) {
    world.resource_scope(|world, inventory: Mut<Inventory>| {
        for of_entity in [true, false] {
            inventory
                .parts(of_entity)
                .for_each(|(_, part)| part.rehash(world));
        }
    });
    let clock = *world.resource::<Clock>();
    world.resource_mut::<Digest>().finish(clock);
}
