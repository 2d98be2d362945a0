//! What a node knows about a room: whether it admits players, and what it publishes about itself.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{
    ids::Epoch,
    limits::{MAX_PROPERTIES, MAX_PROPERTY_VALUE_BYTES},
    message::Property,
    text::is_state_key,
};
use parlour_tick::{Report, RoomStatus};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{room::Room, seats::Seats};
use crate::outbox::Outbox;

/// Whether a room admits players, and the properties by which a join with the mode `any` finds it.
/// At first a room is unlocked, and its properties are its options. Game logic changes the listing
/// with [`RoomListings`].
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListing {
    locked: bool,
    /// By key.
    properties: Vec<Property>,
}

impl RoomListing {
    pub(super) fn new(properties: Vec<Property>) -> Self {
        Self {
            locked: false,
            properties,
        }
    }

    /// Returns whether the room admits nobody. Tickets from before are still valid.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Returns the value of a property.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.find(key).ok()?;
        Some(&self.properties[at].value)
    }

    /// Returns all properties, by key.
    #[must_use]
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.properties
            .binary_search_by_key(&key, |property| &property.key)
    }

    /// Returns whether [`RoomListings`] could have made this listing.
    pub(super) fn is_possible(&self) -> bool {
        self.properties.len() <= MAX_PROPERTIES
            && self.properties.is_sorted_by(|one, other| one.key < other.key)
            && self
                .properties
                .iter()
                .all(|property| check(&property.key, &property.value).is_ok())
    }
}

fn check(key: &str, value: &str) -> Result<(), PropertyError> {
    if !is_state_key(key) {
        return Err(PropertyError::Key);
    }
    let fits = value.len() <= MAX_PROPERTY_VALUE_BYTES;
    fits.then_some(()).ok_or(PropertyError::Value)
}

/// A room cannot publish a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PropertyError {
    /// The key is invalid.
    #[error("a key has 1 to 48 bytes of a-z 0-9 - _ .")]
    Key,
    /// The value is too long.
    #[error("a value has up to {MAX_PROPERTY_VALUE_BYTES} bytes")]
    Value,
    /// The room already has the maximum number of properties.
    #[error("a room has up to {MAX_PROPERTIES} properties")]
    TooMany,
}

/// Changes the listings of rooms, as a system parameter for game logic. The changes are effective
/// from the next join on. All methods ignore an entity that is not a room.
#[derive(SystemParam)]
pub struct RoomListings<'w, 's> {
    listings: Query<'w, 's, &'static mut RoomListing>,
    changed: ResMut<'w, ChangedRooms>,
}

impl RoomListings<'_, '_> {
    /// Returns the listing of a room.
    #[must_use]
    pub fn get(&self, room: Entity) -> Option<&RoomListing> {
        self.listings.get(room).ok()
    }

    /// Locks a room: joins, reservations and doors into it are refused with `room_locked`. A
    /// player with a reserved seat may still enter.
    pub fn lock(&mut self, room: Entity) {
        self.set_locked(room, true);
    }

    /// Unlocks a room.
    pub fn unlock(&mut self, room: Entity) {
        self.set_locked(room, false);
    }

    fn set_locked(&mut self, room: Entity, locked: bool) {
        if let Ok(mut listing) = self.listings.get_mut(room)
            && listing.locked != locked
        {
            listing.locked = locked;
            self.changed.note(room);
        }
    }

    /// Publishes a property of a room, or changes its value.
    ///
    /// # Errors
    /// [`PropertyError`]. The listing is unchanged.
    pub fn publish(&mut self, room: Entity, key: &str, value: &str) -> Result<(), PropertyError> {
        check(key, value)?;
        let Ok(mut listing) = self.listings.get_mut(room) else {
            return Ok(());
        };
        match listing.find(key) {
            Ok(at) if listing.properties[at].value == value => return Ok(()),
            Ok(at) => value.clone_into(&mut listing.properties[at].value),
            Err(_) if listing.properties.len() == MAX_PROPERTIES => return Err(PropertyError::TooMany),
            Err(at) => listing.properties.insert(
                at,
                Property {
                    key: key.to_owned(),
                    value: value.to_owned(),
                },
            ),
        }
        self.changed.note(room);
        Ok(())
    }

    /// Removes a property of a room.
    pub fn withdraw(&mut self, room: Entity, key: &str) {
        if let Ok(mut listing) = self.listings.get_mut(room)
            && let Ok(at) = listing.find(key)
        {
            listing.properties.remove(at);
            self.changed.note(room);
        }
    }
}

/// The rooms whose status may have changed in this tick. Every change notes the room here, so that
/// no tick searches for changes.
#[derive(Resource, Debug, Default)]
pub(crate) struct ChangedRooms(Vec<Entity>);

impl ChangedRooms {
    pub(super) fn note(&mut self, room: Entity) {
        if self.0.last() != Some(&room) {
            self.0.push(room);
        }
    }
}

/// Reports the changed rooms, each once, in the order of their creation.
pub(crate) fn report_changes(world: &mut World) {
    if world.resource::<ChangedRooms>().0.is_empty() {
        return;
    }
    world.resource_scope(|world, mut changed: Mut<ChangedRooms>| {
        let epoch = |room: &Entity| world.get::<Room>(*room).map_or(Epoch(0), |room| room.epoch);
        changed.0.sort_by_cached_key(epoch);
        changed.0.dedup();
        for room in changed.0.drain(..) {
            if let Some(status) = status(world, room) {
                let reports = &mut world.resource_mut::<Outbox>().out.reports;
                reports.push(Report::Room(status));
            }
        }
    });
}

/// Returns the status of a room, or `None` if it no longer exists.
fn status(world: &World, room: Entity) -> Option<RoomStatus> {
    let (room, seats, listing) = (
        world.get::<Room>(room)?,
        world.get::<Seats>(room)?,
        world.get::<RoomListing>(room)?,
    );
    Some(RoomStatus {
        room: room.name.clone(),
        room_type: room.room_type.as_ref().to_owned(),
        players: seats.len(),
        reserved: seats.reserved(),
        capacity: room.rules.capacity,
        locked: listing.locked,
        private: room.private,
        properties: listing.properties.clone(),
    })
}
