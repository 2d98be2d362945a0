//! The saved form of rooms, and everything that is rebuilt from it: seats, the directory, the room
//! of each player.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Tick},
    text::RoomName,
};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    listing::{ChangedRooms, RoomListing},
    options::{NewRoom, RoomChecks, RoomOptions},
    reservations,
    room::{Room, Rooms, open_ground},
    room_catalogue::RoomCatalogue,
    seats::{InRoom, Seat, Seats},
};
use crate::{
    clock::Clock,
    movement::{CurrentPosition, Motion},
    player::{Dropped, Player},
    proximity::Proximity,
    replication::Replica,
    state::{EntityIndex, LoadError, StableId},
};

/// The saved form of a room. It contains the names of the type and the map, because these are not
/// part of the state.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRoom {
    pub(crate) name: String,
    room_type: String,
    map: String,
    pub(crate) epoch: Epoch,
    seq: u32,
    empty_since: Option<Tick>,
    private: bool,
}

#[derive(Serialize)]
struct RoomRef<'a> {
    name: &'a str,
    room_type: &'a str,
    map: &'a str,
    epoch: Epoch,
    seq: u32,
    empty_since: Option<Tick>,
    private: bool,
}

impl Serialize for Room {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let room = RoomRef {
            name: &self.name,
            room_type: &self.room_type,
            map: &self.map.name,
            epoch: self.epoch,
            seq: self.seq,
            empty_since: self.empty_since,
            private: self.private,
        };
        room.serialize(serializer)
    }
}

/// Returns the room as it would be with this map and without other options. [`rebuild`] applies the
/// options, which are a different part of the state.
pub(super) fn restore_room(saved: SavedRoom, world: &World) -> Option<Room> {
    let parsed = RoomName::parse(&saved.name).filter(|parsed| parsed.room_type == saved.room_type);
    let types = world.resource::<RoomCatalogue>();
    let blueprint = types.blueprint(parsed?.room_type, &RoomOptions::default()).ok()?;
    let (map, info) = types.map(&saved.room_type, &saved.map)?;
    Some(Room {
        name: saved.name,
        room_type: blueprint.room_type,
        open_ground: open_ground(map),
        map: Arc::clone(map),
        info: Arc::clone(info),
        rules: blueprint.rules,
        epoch: saved.epoch,
        seq: saved.seq,
        empty_since: saved.empty_since,
        private: saved.private,
    })
}

/// Only the number of slots is saved, which decides future slots. The slot of each player is saved
/// with the player.
impl Serialize for Seats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.slot_count() as u32).serialize(serializer)
    }
}

/// The number of slots of a world that is being loaded. [`restore_seats`] borrows the world
/// immutably, so this counter is atomic.
#[derive(Resource, Debug, Default)]
pub(super) struct LoadedSlots(AtomicU64);

impl LoadedSlots {
    /// 1 GiB in memory. Without a limit, a few bytes of a forged keyframe could request any amount.
    const MAX: u64 = 1 << 26;

    /// Counts the slots of a room. Returns `false` if they exceed the limit.
    fn take(&self, slots: usize) -> bool {
        let slots = slots as u64;
        self.0.fetch_add(slots, Ordering::Relaxed) + slots <= Self::MAX
    }
}

/// Returns free seats. A room may have more slots than its capacity allows now, because the world
/// may have been saved when the limit was higher.
pub(super) fn restore_seats(slot_count: u32, world: &World) -> Option<Seats> {
    let slot_count = slot_count as usize;
    let is_possible =
        Seats::is_possible_slot_count(slot_count) && world.resource::<LoadedSlots>().take(slot_count);
    is_possible.then(|| Seats::with_slot_count(slot_count))
}

/// Applies the options of a loaded room and game logic to its rules, and checks that the room could
/// exist.
fn check_room(world: &mut World, room: Entity) -> Result<(), String> {
    let missing = || "it lacks a part".to_owned();
    let (saved, options, listing) = (
        world.get::<Room>(room).ok_or_else(missing)?,
        world.get::<RoomOptions>(room).ok_or_else(missing)?,
        world.get::<RoomListing>(room).ok_or_else(missing)?,
    );
    let types = world.resource::<RoomCatalogue>();
    let blueprint = types.blueprint(&saved.room_type, options);
    let blueprint = blueprint.ok().filter(|_| options.is_canonical());
    let Some(blueprint) = blueprint else {
        let misfit = types.misfit(&saved.room_type, options);
        return Err(misfit.unwrap_or_else(|| "its options are invalid".to_owned()));
    };
    if blueprint.map.name != saved.map.name {
        return Err(format!(
            "its map is {:?}, but a room with its options has the map {:?} now",
            saved.map.name, blueprint.map.name
        ));
    }
    let rules = blueprint.rules;
    let rules = world.resource::<RoomChecks>().check(NewRoom {
        name: &saved.name,
        room_type: &saved.room_type,
        options,
        rules,
    });
    let Ok(rules) = rules else {
        return Err("game logic refuses it".into());
    };
    if !listing.is_possible() {
        return Err("its properties are invalid".into());
    }
    world.get_mut::<Room>(room).ok_or_else(missing)?.rules = rules;
    Ok(())
}

/// Seats all players, fills the directory, and resets the viewers. There may be more players and
/// rooms than the limits allow now: they stay, and no more are admitted.
pub(crate) fn rebuild(world: &mut World, index: &EntityIndex) -> Result<(), LoadError> {
    let tick = world.resource::<Clock>().tick;
    let rooms: Vec<(Entity, String, Epoch, Option<Tick>)> = world
        .query::<(Entity, &Room, &StableId, &Seats, &Proximity)>()
        .iter(world)
        .map(|(entity, room, id, seats, proximity)| {
            if *id != StableId::room(room.epoch) || seats.slot_count() != proximity.slot_count() {
                return Err(contradiction(format!(
                    "{id} is not the room {}",
                    room.shown_name()
                )));
            }
            Ok((entity, room.name.clone(), room.epoch, room.empty_since))
        })
        .collect::<Result<_, _>>()?;
    let mut directory = world.resource_mut::<Rooms>();
    for (entity, name, epoch, empty_since) in &rooms {
        if directory.by_name.insert(name.clone(), *entity).is_some() {
            let name = shown_name(world, *entity);
            return Err(contradiction(format!("there are two rooms {name}")));
        }
        if empty_since.is_none_or(|since| since == tick) {
            directory.occupied.insert(*epoch, *entity);
        }
        // At the next tick, which finds out when something is due.
        directory.due.insert((tick, *epoch), *entity);
    }
    for (entity, ..) in &rooms {
        check_room(world, *entity).map_err(|why| LoadError::Room {
            room: shown_name(world, *entity),
            why,
        })?;
        world.resource_mut::<ChangedRooms>().note(*entity);
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
    reservations::rebuild(world, index)
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
    let identity = world
        .get::<Player>(player)
        .ok_or_else(|| no_seat("not taken by a player"))?;
    let (session, view) = (identity.session, identity.view);
    let is_dropped = world.get::<Dropped>(player).is_some();
    let motion = world
        .get::<Motion>(player)
        .ok_or_else(|| no_seat("its player has no motion"))?;
    if motion.segment().since > tick {
        return Err(no_seat("the motion of its player begins later"));
    }
    let position = motion.segment().at(tick);
    let mut entity = world.entity_mut(room);
    let (mut seats, proximity, mut replica) = entity
        .get_components_mut::<(&mut Seats, &Proximity, &mut Replica)>()
        .map_err(|_| no_seat("no room there"))?;
    let slot_count = seats.slot_count();
    if !seats.take_again(seat.slot, player) {
        return Err(no_seat("taken twice, or not a slot of the room"));
    }
    if proximity
        .near(seat.slot)
        .is_none_or(|row| row.len() != slot_count || !row.contains(seat.slot.index()))
    {
        return Err(no_seat("not near itself"));
    }
    replica.enter(seat.slot, slot_count);
    if !is_dropped {
        replica.add_viewer(seat.slot, session, view);
    }
    world
        .entity_mut(player)
        .insert((InRoom(room), CurrentPosition(position)));
    Ok(())
}

/// Returns the name of a room for an error, which may be logged.
fn shown_name(world: &World, room: Entity) -> String {
    world.get::<Room>(room).map_or_else(String::new, Room::shown_name)
}

fn contradiction(what: String) -> LoadError {
    LoadError::Contradiction(what)
}
