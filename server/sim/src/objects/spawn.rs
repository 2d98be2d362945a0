//! Spawns objects, and forgets those that are despawned.

use bevy_ecs::{
    lifecycle::HookContext,
    prelude::*,
    system::{EntityCommands, SystemParam},
    world::DeferredWorld,
};
use parlour_shared::{
    ids::{KindId, ObjectId},
    motion::{Heading, Position, Velocity, turn},
    rng::{Purpose, Stream},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{ObjectCount, object::Object, orphans, slots::ObjectSlots};
use crate::{
    clock::Clock,
    config::Setup,
    kinds::EntityKinds,
    movement::{CurrentPosition, Motion, forget_body, surroundings},
    object_interest::ObjectInterest,
    object_space,
    replication::Replica,
    rooms::Room,
    space::ObjectSpace,
    state::StableId,
};

/// Spawns objects, as a system parameter for game logic. Two systems that spawn objects need an
/// order, because the order decides the ids.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_shared::motion::Position;
/// # use parlour_sim::{Objects, RoomEvent};
/// # #[derive(Component)]
/// # struct Open(bool);
/// fn open_shop(mut events: MessageReader<RoomEvent>, mut objects: Objects) {
///     for event in events.read() {
///         if let RoomEvent::Created { room } = *event
///             && let Ok(mut door) = objects.spawn(room, "door", Position::from_px(40, 40))
///         {
///             door.insert(Open(false));
///         }
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct Objects<'w, 's> {
    commands: Commands<'w, 's>,
    rooms: Query<'w, 's, (&'static Room, &'static mut ObjectSlots)>,
    spawned: ResMut<'w, ObjectsSpawned>,
    kinds: Res<'w, EntityKinds>,
    clock: Res<'w, Clock>,
    setup: Res<'w, Setup>,
}

/// A new object, to which game logic adds its components.
pub type SpawnedObject<'a> = EntityCommands<'a>;

/// An object cannot be spawned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SpawnError {
    /// No kind of objects has this name.
    #[error("no kind of objects has this name: declare it with `object_kind`")]
    UnknownKind,
    /// There is no such room.
    #[error("there is no such room")]
    NoSuchRoom,
    /// The room has as many objects as its rule `max_objects` allows.
    #[error("the room has as many objects as its rule `max_objects` allows")]
    RoomFull,
    /// The world has used all 2^32 ids of objects.
    #[error("the world has used all 2^32 ids of objects")]
    OutOfIds,
}

/// The number of objects that were spawned so far, which is the id of the newest one.
#[derive(Resource, Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ObjectsSpawned(pub(super) u32);

impl Objects<'_, '_> {
    /// Spawns an object that rests at a position. It exists from the next system on that is ordered
    /// after this one, and is sent with this tick. It has an entity and an id at once.
    ///
    /// # Errors
    /// [`SpawnError`] if the kind or the room does not exist, or the room is full of objects.
    pub fn spawn(
        &mut self,
        room: Entity,
        kind: &str,
        position: Position,
    ) -> Result<SpawnedObject<'_>, SpawnError> {
        self.spawn_moving(room, kind, position, Velocity::default())
    }

    /// Like [`Self::spawn`], but the object moves with this velocity from this tick on. What it
    /// meets stops it as its kind says. [`Steer`](crate::Steer) changes the velocity later.
    ///
    /// # Errors
    /// As [`Self::spawn`].
    pub fn spawn_moving(
        &mut self,
        room: Entity,
        kind: &str,
        position: Position,
        velocity: Velocity,
    ) -> Result<SpawnedObject<'_>, SpawnError> {
        let kind = find_kind(&self.kinds, kind)?;
        let entity = self.commands.spawn_empty().id();
        let tick = self.clock.tick;
        let place = self.rooms.get_mut(room).map_err(|_| SpawnError::NoSuchRoom);
        let made = place.and_then(|(details, slots)| {
            let described = self.kinds.get(kind).ok_or(SpawnError::UnknownKind)?;
            let around = surroundings(details, described);
            let motion = Motion::along(turn(around, position, Heading::free(velocity), tick));
            let seed = self.setup.seed;
            let object = reserve((room, details, slots), (kind, entity), &mut self.spawned, |id| {
                Stream::new(seed, u64::from(id.0), Purpose::Slot)
            })?;
            Ok((object, motion))
        });
        let (object, motion) = match made {
            Ok(made) => made,
            Err(error) => {
                self.commands.entity(entity).despawn();
                return Err(error);
            }
        };
        let mut commands = self.commands.entity(entity);
        let (id, position) = (StableId::object(object.id), CurrentPosition(position));
        commands.insert((id, object, motion, position));
        Ok(commands)
    }

    /// Returns the number of objects in a room.
    #[must_use]
    pub fn count(&self, room: Entity) -> u32 {
        self.rooms.get(room).map_or(0, |(_, slots)| slots.len())
    }
}

fn find_kind(kinds: &EntityKinds, name: &str) -> Result<KindId, SpawnError> {
    let kind = kinds.find(name).filter(|kind| *kind != KindId::PLAYER);
    kind.ok_or(SpawnError::UnknownKind)
}

/// Takes an id and a slot.
fn reserve(
    (room, details, mut slots): (Entity, &Room, Mut<'_, ObjectSlots>),
    (kind, entity): (KindId, Entity),
    spawned: &mut ObjectsSpawned,
    random: impl FnOnce(ObjectId) -> Stream,
) -> Result<Object, SpawnError> {
    if slots.len() >= details.rules().max_objects {
        return Err(SpawnError::RoomFull);
    }
    let id = spawned
        .0
        .checked_add(1)
        .map(ObjectId)
        .ok_or(SpawnError::OutOfIds)?;
    spawned.0 = id.0;
    let slot = slots.take(entity, &mut random(id));
    Ok(Object {
        id,
        kind,
        room,
        epoch: details.epoch,
        slot,
    })
}

/// Counts an object, and adds it to the index of its room.
pub(super) fn note_added(mut world: DeferredWorld, context: HookContext) {
    world.resource_mut::<ObjectCount>().0 += 1;
    orphans::note(&mut world, context.entity);
    object_space::insert(&mut world, context.entity);
}

/// Removes everything about an object that is despawned, by game logic or with its room.
pub(super) fn forget(mut world: DeferredWorld, context: HookContext) {
    let Some(object) = world.get::<Object>(context.entity).copied() else {
        return;
    };
    world.resource_mut::<ObjectCount>().0 -= 1;
    let now = world.resource::<Clock>().tick;
    forget_body(&mut world, &object, now);
    if let Some(mut slots) = world.get_mut::<ObjectSlots>(object.room) {
        slots.give_back(object.slot, context.entity);
    }
    if let Some(mut interest) = world.get_mut::<ObjectInterest>(object.room) {
        interest.object_leaves(object.slot, now);
    }
    if let Some(mut space) = world.get_mut::<ObjectSpace>(object.room) {
        space.remove(object.slot);
    }
    if let Some(mut replica) = world.get_mut::<Replica>(object.room) {
        replica.remove_object(object.slot);
    }
}

/// Despawns the objects of a room that ends.
pub(super) fn despawn_all(mut world: DeferredWorld, context: HookContext) {
    let Some(slots) = world.get::<ObjectSlots>(context.entity) else {
        return;
    };
    let objects: Vec<Entity> = slots.iter().map(|(_, object)| object).collect();
    let mut commands = world.commands();
    for object in objects {
        commands.entity(object).try_despawn();
    }
}
