//! What a node knows about a room: whether it admits players, and what it publishes about itself.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::{
    limits::{MAX_PROPERTIES, MAX_PROPERTY_VALUE_BYTES},
    message::Property,
    text::is_state_key,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Whether a room admits players, and the properties by which a join with the mode `any` finds it.
/// At first a room is unlocked, and its properties are its options. Game logic changes the listing
/// with [`RoomListings`].
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomListing {
    pub(super) locked: bool,
    /// By key.
    pub(super) properties: Vec<Property>,
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
pub(crate) struct ChangedRooms(pub(super) Vec<Entity>);

impl ChangedRooms {
    pub(super) fn note(&mut self, room: Entity) {
        if self.0.last() != Some(&room) {
            self.0.push(room);
        }
    }
}
