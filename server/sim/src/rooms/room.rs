//! A room, and the directory of all rooms.

use std::{collections::BTreeMap, sync::Arc};

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Tick},
    map::{Map, MapInfo},
    message::{Refusal, Stamp},
    text::RoomName,
};
use serde::{Deserialize, Serialize};

use super::seats::Seats;
use crate::{clock::Clock, state::StableId};

/// A simulated space.
#[derive(Component, Clone, Debug)]
#[require(StableId, Seats)]
pub struct Room {
    /// Its name, `MAP` or `MAP/INSTANCE`.
    pub name: String,
    /// Its map.
    pub map: Arc<Map>,
    /// The description of the map for clients. It is made once: encoding the walls of a large map
    /// takes milliseconds.
    pub(crate) info: Arc<MapInfo>,
    /// The number of this room among all rooms created so far. A room that is created again gets a
    /// new number.
    pub epoch: Epoch,
    /// The number of messages to everyone in the room so far.
    pub seq: u32,
    /// The tick in which the room became empty, or was created. `None` if it has a player.
    pub empty_since: Option<Tick>,
}

impl Room {
    /// Returns the stamp of the next message to everyone in the room.
    pub(crate) fn stamp(&mut self) -> Stamp {
        self.seq += 1;
        Stamp {
            epoch: self.epoch,
            seq: self.seq,
        }
    }
}

/// All rooms.
#[derive(Resource, Debug)]
pub struct Rooms {
    pub(super) by_name: BTreeMap<String, Entity>,
    /// The rooms with a player in them, and those whose last player left in this tick or, before
    /// `StepSet::React`, in the previous one. A tick handles only these: a thousand empty rooms
    /// cost nothing.
    pub(super) occupied: BTreeMap<Epoch, Entity>,
    pub(super) maps: BTreeMap<String, (Arc<Map>, Arc<MapInfo>)>,
    pub(super) max: u32,
}

impl Rooms {
    pub(crate) fn new(maps: &[Arc<Map>], max: u32) -> Self {
        let entry = |map: &Arc<Map>| (map.name.clone(), (map.clone(), Arc::new(map.info())));
        let maps = maps.iter().map(entry).collect();
        Self {
            by_name: BTreeMap::new(),
            occupied: BTreeMap::new(),
            maps,
            max,
        }
    }

    /// Returns the room of that name, if it exists.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Entity> {
        self.by_name.get(name).copied()
    }

    /// Returns all rooms, by name.
    pub fn iter(&self) -> impl Iterator<Item = Entity> {
        self.by_name.values().copied()
    }

    /// Returns the rooms that have a player, and those whose last player left in this tick or,
    /// before `StepSet::React`, in the previous one. They are in the order of their creation.
    pub fn occupied(&self) -> impl Iterator<Item = Entity> {
        self.occupied.values().copied()
    }

    /// Returns the number of rooms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Returns whether there is no room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// The number of rooms created so far. It is the epoch of the newest room.
#[derive(Resource, Debug, Default, Serialize, Deserialize)]
pub(super) struct RoomsCreated(u32);

/// Returns the room of that name, and creates it if it does not exist.
pub(super) fn find_or_create(world: &mut World, name: &str) -> Result<Entity, Refusal> {
    let parsed = RoomName::parse(name).ok_or(Refusal::NoSuchRoom)?;
    let rooms = world.resource::<Rooms>();
    // If game logic despawned the room, the name is free.
    if let Some(room) = rooms.get(name).filter(|room| world.get::<Room>(*room).is_some()) {
        return Ok(room);
    }
    let (map, info) = rooms.maps.get(parsed.room_type).cloned().ok_or(Refusal::NoSuchRoom)?;
    if rooms.by_name.len() as u32 >= rooms.max {
        return Err(Refusal::TooManyRooms);
    }
    let mut created = world.resource_mut::<RoomsCreated>();
    created.0 += 1;
    let epoch = Epoch(created.0);
    let empty_since = Some(world.resource::<Clock>().tick);
    let room = Room {
        name: name.to_owned(),
        map,
        info,
        epoch,
        seq: 0,
        empty_since,
    };
    let entity = world.spawn((room, StableId::room(epoch))).id();
    world
        .resource_mut::<Rooms>()
        .by_name
        .insert(name.to_owned(), entity);
    Ok(entity)
}
