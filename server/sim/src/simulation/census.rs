//! Reads the players, rooms and objects of a saved state without loading it.

use std::collections::BTreeMap;

use parlour_shared::{
    codec,
    ids::{Epoch, ObjectId, PlayerId, SessionId},
};
use serde::de::DeserializeOwned;

use super::Simulation;
use crate::{
    kinds::EntityKinds,
    objects::SavedObject,
    player::{Dropped, Player},
    rooms::{SavedRoom, Seat},
    state::{EntityState, SavedState, StableId},
};

/// The players, rooms and objects of a saved state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Players, by stable id.
    pub players: BTreeMap<StableId, PlayerInfo>,
    /// Names of rooms, by stable id.
    pub rooms: BTreeMap<StableId, String>,
    /// Objects, by stable id.
    pub objects: BTreeMap<StableId, ObjectInfo>,
}

/// An object and its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its id.
    pub id: ObjectId,
    /// The name of its kind.
    pub kind: String,
    /// The name of its room.
    pub room: String,
}

/// A player and its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerInfo {
    /// Its session.
    pub session: SessionId,
    /// Its id.
    pub id: PlayerId,
    /// Its name.
    pub name: String,
    /// The name of its room, or `None` if it is in no room.
    pub room: Option<String>,
    /// Whether it is dropped.
    pub dropped: bool,
}

impl Simulation {
    /// Reads the players, rooms and objects of a saved state. Parts that cannot be decoded are
    /// omitted.
    #[must_use]
    pub fn census(&self, saved: &SavedState<'_>) -> Census {
        let tag = |name| self.part_names().position(|known| known == name);
        let (player, room, seat) = (tag("player"), tag("room"), tag("seat"));
        let dropped = tag("dropped");
        let (object, kinds) = (tag("object"), self.world.resource::<EntityKinds>());
        let mut census = Census::default();
        let mut by_epoch: BTreeMap<Epoch, String> = BTreeMap::new();
        // Rooms come after players in a saved state, so they are read first.
        for entity in &saved.entities {
            if let Some(SavedRoom { name, epoch, .. }) = decode(entity, room) {
                by_epoch.insert(epoch, name.clone());
                census.rooms.insert(entity.id, name);
            }
        }
        for entity in &saved.entities {
            let found: Option<SavedObject> = decode(entity, object);
            let described = found.and_then(|(id, kind, epoch, _)| {
                Some(ObjectInfo {
                    id,
                    kind: kinds.get(kind)?.name().to_owned(),
                    room: by_epoch.get(&epoch)?.clone(),
                })
            });
            if let Some(described) = described {
                census.objects.insert(entity.id, described);
                continue;
            }
            let Some(Player {
                id, session, name, ..
            }) = decode(entity, player)
            else {
                continue;
            };
            let seat: Option<Seat> = decode(entity, seat);
            let room = seat.and_then(|seat| by_epoch.get(&seat.epoch).cloned());
            let player = PlayerInfo {
                session,
                id,
                name,
                room,
                dropped: decode::<Dropped>(entity, dropped).is_some(),
            };
            census.players.insert(entity.id, player);
        }
        census
    }
}

fn decode<C: DeserializeOwned>(entity: &EntityState<'_>, tag: Option<usize>) -> Option<C> {
    let part = entity
        .parts
        .iter()
        .find(|part| Some(usize::from(part.tag)) == tag)?;
    codec::decode_state(part.bytes).ok()
}
