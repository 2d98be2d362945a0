//! The saved form of rooms, and everything that is rebuilt from it: seats, the directory, the room
//! of each player.

use std::sync::Arc;

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Tick},
    text::count,
};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    room::{Room, Rooms},
    seats::{InRoom, Seat, Seats},
};
use crate::{
    clock::Clock,
    config::Setup,
    movement::{CurrentPosition, Motion},
    player::Player,
    proximity::Proximity,
    replication::Replica,
    state::{EntityIndex, LoadError, StableId},
};

/// The saved form of a room. It contains the name of the map, because the map itself is not part of
/// the state.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRoom {
    pub(crate) name: String,
    map: String,
    pub(crate) epoch: Epoch,
    seq: u32,
    empty_since: Option<Tick>,
}

#[derive(Serialize)]
struct RoomRef<'a> {
    name: &'a str,
    map: &'a str,
    epoch: Epoch,
    seq: u32,
    empty_since: Option<Tick>,
}

impl Serialize for Room {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let room = RoomRef {
            name: &self.name,
            map: &self.map.name,
            epoch: self.epoch,
            seq: self.seq,
            empty_since: self.empty_since,
        };
        room.serialize(serializer)
    }
}

pub(super) fn restore_room(saved: SavedRoom, world: &World) -> Option<Room> {
    let (map, info) = world.resource::<Rooms>().maps.get(&saved.map)?;
    Some(Room {
        name: saved.name,
        map: Arc::clone(map),
        info: Arc::clone(info),
        epoch: saved.epoch,
        seq: saved.seq,
        empty_since: saved.empty_since,
    })
}

/// Only the size of the pool is saved, which decides future slots. The slot of each player is saved
/// with the player.
impl Serialize for Seats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.pool() as u32).serialize(serializer)
    }
}

pub(super) fn restore_seats(pool: u32, world: &World) -> Option<Seats> {
    let (pool, capacity) = (pool as usize, world.resource::<Setup>().rules.capacity);
    Seats::is_possible_slot_count(pool, capacity).then(|| Seats::with_slot_count(pool))
}

/// Seats all players, fills the directory, and resets the viewers.
pub(crate) fn rebuild(world: &mut World, index: &EntityIndex) -> Result<(), LoadError> {
    let tick = world.resource::<Clock>().tick;
    let rooms: Vec<(Entity, String, Epoch, bool)> = world
        .query::<(Entity, &Room, &StableId, &Seats, &Proximity)>()
        .iter(world)
        .map(|(entity, room, id, seats, proximity)| {
            if *id != StableId::room(room.epoch) || seats.pool() != proximity.pool() {
                return Err(contradiction(format!("{id} is not the room {}", room.name)));
            }
            let occupied = room.empty_since.is_none_or(|since| since == tick);
            Ok((entity, room.name.clone(), room.epoch, occupied))
        })
        .collect::<Result<_, _>>()?;
    let mut directory = world.resource_mut::<Rooms>();
    if rooms.len() > directory.max as usize {
        return Err(contradiction(format!(
            "{}, but the limit is {}",
            count(rooms.len(), "room"),
            directory.max
        )));
    }
    for (entity, name, epoch, occupied) in rooms {
        if directory.by_name.insert(name.clone(), entity).is_some() {
            return Err(contradiction(format!("there are two rooms {name}")));
        }
        if occupied {
            directory.occupied.insert(epoch, entity);
        }
    }
    let mut seated: Vec<(Entity, Seat)> = world
        .query::<(Entity, &Seat)>()
        .iter(world)
        .map(|(entity, seat)| (entity, *seat))
        .collect();
    seated.sort_unstable_by_key(|(_, seat)| (seat.epoch, seat.slot));
    for (player, seat) in seated {
        seat_again(world, player, seat, index)?;
    }
    Ok(())
}

fn seat_again(world: &mut World, player: Entity, seat: Seat, index: &EntityIndex) -> Result<(), LoadError> {
    let tick = world.resource::<Clock>().tick;
    let no_seat = |what: &str| {
        let Seat { epoch, slot, .. } = seat;
        contradiction(format!("slot {} of room #{}: {what}", slot.0, epoch.0))
    };
    let room = index
        .get(StableId::room(seat.epoch))
        .ok_or_else(|| no_seat("no such room"))?;
    let who = world
        .get::<Player>(player)
        .ok_or_else(|| no_seat("not taken by a player"))?;
    let (session, view) = (who.session, who.view);
    let motion = world
        .get::<Motion>(player)
        .ok_or_else(|| no_seat("its player has no motion"))?;
    let position = motion.segment().at(tick);
    let mut there = world.entity_mut(room);
    let (mut seats, proximity, mut replica) = there
        .get_components_mut::<(&mut Seats, &Proximity, &mut Replica)>()
        .map_err(|_| no_seat("no room there"))?;
    let pool = seats.pool();
    if !seats.take_again(seat.slot, player) {
        return Err(no_seat("taken twice, or beyond the pool"));
    }
    if proximity
        .near(seat.slot)
        .is_none_or(|row| row.len() != pool || !row.contains(seat.slot.index()))
    {
        return Err(no_seat("not near itself"));
    }
    replica.enter(seat.slot, session, view, pool);
    world
        .entity_mut(player)
        .insert((InRoom(room), CurrentPosition(position)));
    Ok(())
}

fn contradiction(what: String) -> LoadError {
    LoadError::Contradiction(what)
}
