//! Owners of objects. An object belongs to at most one player, so an owner is also a lock.

use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};
use parlour_shared::ids::PlayerId;
use serde::{Deserialize, Serialize};

use super::object::Object;
use crate::{
    player::Player,
    rooms::InRoom,
    state::{EntityIndex, LoadError, StableId, StableIds},
};

/// The owner of an object, if it has one. Every object has this component. It is part of the state,
/// and viewers of the object are sent the owner.
///
/// [`Owners`](crate::Owners) changes it. To spawn an object with an owner, insert [`Owner::of`]. A
/// value cannot be written into the component of an object, because then nothing would happen when
/// that owner leaves:
///
/// ```compile_fail,E0308
/// # use bevy_ecs::prelude::*;
/// # use parlour_shared::ids::PlayerId;
/// # use parlour_sim::{Owner, OwnerLeaves};
/// fn give_all_to(player: PlayerId, owners: &mut Query<&mut Owner>) {
///     for mut owner in owners.iter_mut() {
///         *owner = Owner::of(player, OwnerLeaves::Release);
///     }
/// }
/// ```
#[derive(Component, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Owner(Option<SavedOwner>);

/// The saved form of an owner.
pub(super) type SavedOwner = (PlayerId, OwnerLeaves);

/// What happens to an object when its owner leaves the room, its session closes, or it is
/// [`Dropped`](crate::Dropped): nobody without a link locks an object. A player that goes through a
/// door to a different place of the same room also leaves it first, as
/// [`RoomEvent::Left`](crate::RoomEvent::Left) says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnerLeaves {
    /// The object has no owner any more.
    #[default]
    Release,
    /// The object still belongs to the player, who may come back.
    Keep,
    /// The object is despawned.
    Despawn,
}

impl Owner {
    /// Returns an owner to insert. Unless the object is kept, the player must be in the room of the
    /// object; otherwise it counts as having left.
    #[must_use]
    pub fn of(player: PlayerId, leaves: OwnerLeaves) -> impl Bundle {
        Self::new(player, leaves)
    }

    pub(super) fn new(player: PlayerId, leaves: OwnerLeaves) -> Self {
        Self(Some((player, leaves)))
    }

    pub(super) fn nobody() -> Self {
        Self(None)
    }

    /// Returns the player that owns the object.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.0.map(|(player, _)| player)
    }

    /// Returns what happens when the owner leaves, or `None` if there is no owner.
    #[must_use]
    pub fn leaves(&self) -> Option<OwnerLeaves> {
        self.0.map(|(_, leaves)| leaves)
    }

    /// Returns the player whose leaving affects the object.
    fn bound_to(&self) -> Option<PlayerId> {
        let bound = self.0.filter(|(_, leaves)| *leaves != OwnerLeaves::Keep);
        bound.map(|(player, _)| player)
    }
}

/// The objects that something happens to when the player leaves its room. It follows from
/// [`Owner`]. It may also contain objects that the player no longer owns, and objects twice, so
/// that releasing an object does not search the list.
#[derive(Component, Debug, Default)]
pub(crate) struct Possessions(Vec<Entity>);

impl Possessions {
    /// Adds an object. `is_owned` returns whether the player still owns one of the list.
    pub(super) fn add(&mut self, object: Entity, is_owned: impl Fn(Entity) -> bool) {
        let Self(list) = self;
        if list.len() == list.capacity() {
            list.retain(|&object| is_owned(object));
            list.sort_unstable();
            list.dedup();
            // At least half is free afterwards, so the list is rarely cleaned.
            list.reserve(list.len() + 4);
        }
        list.push(object);
    }
}

/// Returns a saved owner. [`rebuild`] checks it.
pub(super) fn restore(saved: Option<SavedOwner>, _world: &World) -> Option<Owner> {
    Some(Owner(saved))
}

/// Notes the new owner of an object. Game logic may insert the component itself.
pub(super) fn note_owner(mut world: DeferredWorld, context: HookContext) {
    // A world that is loaded does this when all of its players are in their rooms.
    if world.contains_resource::<EntityIndex>() {
        return;
    }
    let Some(player) = world.get::<Owner>(context.entity).and_then(Owner::bound_to) else {
        return;
    };
    if bind(&mut world, context.entity, player).is_none() {
        let_go(&mut world, context.entity, player);
    }
}

/// Lets go of everything that a player owns in the room that it leaves.
pub(super) fn owner_left(mut world: DeferredWorld, context: HookContext) {
    let_go_of_all(&mut world, context.entity);
}

/// Lets go of everything that a player owns, because it drops.
pub(crate) fn release_all(world: &mut World, player: Entity) {
    let_go_of_all(&mut DeferredWorld::from(&mut *world), player);
    world.flush();
}

fn let_go_of_all(world: &mut DeferredWorld<'_>, player: Entity) {
    let Some(id) = world.get::<Player>(player).map(|player| player.id) else {
        return;
    };
    let Some(mut possessions) = world.get_mut::<Possessions>(player) else {
        return;
    };
    let mut list = std::mem::take(&mut possessions.0);
    for object in list.drain(..) {
        let_go(world, object, id);
    }
    // Keeps its memory.
    if let Some(mut possessions) = world.get_mut::<Possessions>(player) {
        possessions.0 = list;
    }
}

/// Checks the owners of a loaded world, and notes what belongs to whom.
pub(super) fn rebuild(world: &mut World) -> Result<(), LoadError> {
    let owners: Vec<(Entity, StableId, Option<PlayerId>)> = world
        .query::<(Entity, &StableId, &Owner)>()
        .iter(world)
        .map(|(entity, id, owner)| (entity, *id, owner.bound_to()))
        .collect();
    for (entity, id, owner) in owners {
        let wrong = |what: &str| Err(LoadError::Contradiction(format!("{id}: {what}")));
        if world.get::<Object>(entity).is_none() {
            return wrong("it has an owner, but is no object");
        }
        if let Some(player) = owner
            && bind(&mut DeferredWorld::from(&mut *world), entity, player).is_none()
        {
            return wrong("its owner is not in the room");
        }
    }
    Ok(())
}

/// Notes an object of a player. Returns `None` if the player is not in the room of the object.
fn bind(world: &mut DeferredWorld<'_>, object: Entity, id: PlayerId) -> Option<()> {
    let player = world.resource::<StableIds>().find(StableId::player(id))?;
    let room = world.get::<Object>(object)?.room;
    if world.get::<InRoom>(player)?.0 != room {
        return None;
    }
    let mut list = std::mem::take(&mut *world.get_mut::<Possessions>(player)?);
    list.add(object, |object| belongs_to(world.get::<Owner>(object), id));
    *world.get_mut::<Possessions>(player)? = list;
    Some(())
}

/// Returns whether something happens to an object when this player leaves.
pub(super) fn belongs_to(owner: Option<&Owner>, player: PlayerId) -> bool {
    owner.is_some_and(|owner| owner.bound_to() == Some(player))
}

/// Does with an object what must happen when its owner leaves.
fn let_go(world: &mut DeferredWorld<'_>, object: Entity, player: PlayerId) {
    let Some(mut owner) = world.get_mut::<Owner>(object) else {
        return;
    };
    if !belongs_to(Some(&*owner), player) {
        return;
    }
    if owner.leaves() == Some(OwnerLeaves::Despawn) {
        world.commands().entity(object).try_despawn();
    } else {
        *owner = Owner::nobody();
    }
}
