//! Ids of entities that are the same in every run.

use std::{collections::BTreeMap, fmt};

use bevy_app::App;
use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};
use parlour_shared::ids::{Epoch, ObjectId, PlayerId};
use serde::{Deserialize, Serialize, Serializer};

/// The id of an entity. Unlike the entity id of Bevy, it is the same on every machine and in every
/// run.
#[derive(
    Component, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct StableId(pub(crate) u64);

const PLAYERS: u64 = 1;
const ROOMS: u64 = 2;
const GAME: u64 = 3;
const OBJECTS: u64 = 4;

impl StableId {
    /// Returns the id of a player.
    #[must_use]
    pub fn player(id: PlayerId) -> Self {
        Self(PLAYERS << 32 | u64::from(id.0))
    }

    /// Returns the id of a room.
    #[must_use]
    pub fn room(epoch: Epoch) -> Self {
        Self(ROOMS << 32 | u64::from(epoch.0))
    }

    /// Returns the id of an entity that game logic spawns. Choose the number in the same way in
    /// every run. Two entities that exist at the same time must have different numbers.
    #[must_use]
    pub fn game(number: u32) -> Self {
        Self(GAME << 32 | u64::from(number))
    }

    /// Returns the id of an object.
    #[must_use]
    pub fn object(id: ObjectId) -> Self {
        Self(OBJECTS << 32 | u64::from(id.0))
    }

    /// Returns the player id, if this is a player.
    #[must_use]
    pub fn as_player(self) -> Option<PlayerId> {
        (self.0 >> 32 == PLAYERS).then_some(PlayerId(self.0 as u32))
    }

    /// Returns the epoch, if this is a room.
    #[must_use]
    pub fn as_room(self) -> Option<Epoch> {
        (self.0 >> 32 == ROOMS).then_some(Epoch(self.0 as u32))
    }

    /// Returns the object id, if this is an object.
    #[must_use]
    pub fn as_object(self) -> Option<ObjectId> {
        (self.0 >> 32 == OBJECTS).then_some(ObjectId(self.0 as u32))
    }

    /// Returns the number in its saved form: the kind (1 player, 2 room, 3 game logic, 4 object)
    /// times 2^32, plus the id.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        (PLAYERS..=OBJECTS)
            .contains(&(number >> 32))
            .then_some(Self(number))
    }
}

/// An entity with its stable id, which is its saved form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StableEntity {
    pub(crate) id: StableId,
    pub(crate) entity: Entity,
}

impl Serialize for StableEntity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id.serialize(serializer)
    }
}

/// The stable ids of all entities. They must be unique, because a saved world identifies an entity
/// only by its stable id.
#[derive(Resource, Debug, Default)]
pub(crate) struct StableIds {
    entities: BTreeMap<StableId, Entity>,
    when_free: Vec<WhenFree>,
}

/// Is called when no entity has a stable id any more.
pub(crate) type WhenFree = fn(&mut DeferredWorld<'_>, StableId);

impl StableIds {
    /// Returns the entity with this stable id.
    pub(crate) fn find(&self, id: StableId) -> Option<Entity> {
        self.entities.get(&id).copied()
    }
}

/// Returns the entity with this stable id.
pub(crate) fn find(world: &World, id: StableId) -> Option<Entity> {
    world.resource::<StableIds>().find(id)
}

/// Lets a feature forget what belongs to an entity when it is despawned. The function is called for
/// each entity with a stable id.
pub(crate) fn when_free(app: &mut App, run: WhenFree) {
    app.world_mut().resource_mut::<StableIds>().when_free.push(run);
}

/// Makes a world panic if two entities have the same stable id.
pub(super) fn check_uniqueness(world: &mut World) {
    world.init_resource::<StableIds>();
    world
        .register_component_hooks::<StableId>()
        .on_insert(reserve)
        .on_discard(release);
}

fn reserve(mut world: DeferredWorld, context: HookContext) {
    let Some(id) = world.get::<StableId>(context.entity).copied() else {
        return;
    };
    let entities = &mut world.resource_mut::<StableIds>().entities;
    let taken = entities.insert(id, context.entity);
    assert!(
        taken.is_none(),
        "two entities have the stable id of {id}: choose a different number for StableId::game"
    );
}

fn release(mut world: DeferredWorld, context: HookContext) {
    let Some(id) = world.get::<StableId>(context.entity).copied() else {
        return;
    };
    world.resource_mut::<StableIds>().entities.remove(&id);
    for at in 0..world.resource::<StableIds>().when_free.len() {
        let run = world.resource::<StableIds>().when_free[at];
        run(&mut world, id);
    }
}

impl fmt::Display for StableId {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let id = self.0 as u32;
        match self.0 >> 32 {
            PLAYERS => write!(formatter, "player {id:08x}"),
            ROOMS => write!(formatter, "room #{id}"),
            GAME => write!(formatter, "game entity {id}"),
            OBJECTS => write!(formatter, "object {id}"),
            _ => write!(formatter, "entity {:x}", self.0),
        }
    }
}
