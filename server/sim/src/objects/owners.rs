//! Takes and releases objects, for game logic.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{ids::PlayerId, message::Refusal};
use thiserror::Error;

use super::{
    object::Object,
    owner::{Owner, OwnerLeaves, Possessions, belongs_to},
};
use crate::{player::Player, rooms::InRoom};

/// Takes and releases objects, as a system parameter for game logic. It takes effect at once: of
/// two players that take an object in the same tick, the first one has it. Two systems with this
/// parameter need an order.
///
/// ```
/// use bevy_ecs::prelude::*;
/// use parlour_sim::{ActionOn, Answer, OwnerLeaves, Owners};
/// # #[derive(serde::Deserialize)]
/// struct Take;
///
/// fn take(
///     mut requests: MessageReader<ActionOn<Take>>,
///     mut answers: MessageWriter<Answer<Take>>,
///     mut owners: Owners,
/// ) {
///     for request in requests.read() {
///         answers.write(match owners.take(request.target, request.player, OwnerLeaves::Release) {
///             Ok(()) => request.accept(),
///             Err(error) => request.refuse(error.into()),
///         });
///     }
/// }
/// ```
#[derive(SystemParam)]
pub struct Owners<'w, 's> {
    objects: Query<'w, 's, (&'static Object, &'static mut Owner)>,
    players: Query<'w, 's, (&'static Player, &'static InRoom, &'static mut Possessions)>,
}

/// A player cannot take or release an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OwnerError {
    /// There is no such object in the room of the player.
    #[error("there is no such object in the room of the player")]
    NotThere,
    /// It belongs to a different player.
    #[error("the object belongs to a different player")]
    OfOther,
    /// It does not belong to the player.
    #[error("the object does not belong to the player")]
    NotOwned,
}

impl From<OwnerError> for Refusal {
    fn from(error: OwnerError) -> Self {
        match error {
            OwnerError::NotThere => Self::OutOfReach,
            OwnerError::OfOther => Self::Taken,
            OwnerError::NotOwned => Self::NotYours,
        }
    }
}

impl Owners<'_, '_> {
    /// Makes a player the owner of an object in its room. If it already is the owner, this only
    /// changes what happens when it leaves.
    ///
    /// # Errors
    /// [`OwnerError::OfOther`] if the object has a different owner, and [`OwnerError::NotThere`].
    pub fn take(&mut self, object: Entity, player: Entity, leaves: OwnerLeaves) -> Result<(), OwnerError> {
        let Ok((identity, room, mut possessions)) = self.players.get_mut(player) else {
            return Err(OwnerError::NotThere);
        };
        let id = identity.id;
        let (place, mut owner) = self.objects.get_mut(object).map_err(|_| OwnerError::NotThere)?;
        if place.room != room.0 {
            return Err(OwnerError::NotThere);
        }
        if owner.player().is_some_and(|other| other != id) {
            return Err(OwnerError::OfOther);
        }
        if owner.set_if_neq(Owner::new(id, leaves)) && belongs_to(Some(&*owner), id) {
            let owner_of = |object| self.objects.get(object).ok().map(|(_, owner)| owner);
            possessions.add(object, |object| belongs_to(owner_of(object), id));
        }
        Ok(())
    }

    /// Releases an object of a player.
    ///
    /// # Errors
    /// [`OwnerError::NotOwned`] if it does not belong to the player.
    pub fn release(&mut self, object: Entity, player: Entity) -> Result<(), OwnerError> {
        if !self.is_owner(player, object) {
            return Err(OwnerError::NotOwned);
        }
        self.take_away(object);
        Ok(())
    }

    /// Takes an object away from its owner, if it has one.
    pub fn take_away(&mut self, object: Entity) {
        if let Ok((_, mut owner)) = self.objects.get_mut(object) {
            owner.set_if_neq(Owner::nobody());
        }
    }

    /// Returns the owner of an object.
    #[must_use]
    pub fn of(&self, object: Entity) -> Option<PlayerId> {
        self.objects
            .get(object)
            .ok()
            .and_then(|(_, owner)| owner.player())
    }

    /// Returns whether a player owns an object.
    #[must_use]
    pub fn is_owner(&self, player: Entity, object: Entity) -> bool {
        let player = self.players.get(player).ok();
        player.is_some_and(|(player, ..)| self.of(object) == Some(player.id))
    }
}
