//! Rooms: created on the first join, entered, left, and cleaned up after they stood empty for a while.

mod audience;
mod saving;
mod seats;

use std::{collections::BTreeMap, sync::Arc};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Tick},
    map::{Map, MapInfo},
    message::{Join, LeaveReason, Refusal, Request, RoomLeft, ServerMessage, Stamp},
    motion,
    rng::{Purpose, Stream},
    text::RoomName,
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    components::{InRoom, Link, Motion, Occupants, Player, Position, Seat},
    doors,
    movement::MoveQueue,
    outbox::Outbox,
    proximity::Proximity,
    replication::Replica,
    room_state::RoomState,
    schedule::{Step, StepSet},
    simulation::Setup,
    state::{self, StableId},
    talk::Talk,
};
pub(crate) use audience::{entered, tell};
pub(crate) use saving::rebuild;
pub use seats::Seats;

/// A simulated space.
#[derive(Component, Clone, Debug)]
#[require(StableId, Seats, RoomState, Talk, Proximity, Replica)]
pub struct Room {
    /// Its name, `map` or `map/instance`.
    pub name: String,
    /// What it is made from.
    pub map: Arc<Map>,
    /// What clients are told of the map. Made once: taking the walls of a large map apart takes milliseconds.
    pub(crate) info: Arc<MapInfo>,
    /// Which life of a room of this name, and its number among all rooms that ever were.
    pub epoch: Epoch,
    /// Messages that all in it were sent so far.
    pub seq: u32,
    /// Since when nobody is in it.
    pub empty_since: Option<Tick>,
}

impl Room {
    /// Numbers the next message to all in the room.
    pub(crate) fn stamp(&mut self) -> Stamp {
        self.seq += 1;
        Stamp {
            epoch: self.epoch,
            seq: self.seq,
        }
    }
}

/// The rooms there are.
#[derive(Resource, Debug)]
pub struct Rooms {
    by_name: BTreeMap<String, Entity>,
    /// Those with someone in them, and those that were left in this tick. What a tick does, it does for these: a
    /// thousand empty rooms cost nothing.
    occupied: BTreeMap<Epoch, Entity>,
    maps: BTreeMap<String, (Arc<Map>, Arc<MapInfo>)>,
    max: u32,
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

    /// The room of that name, if it exists.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Entity> {
        self.by_name.get(name).copied()
    }

    /// All rooms, by name.
    pub fn iter(&self) -> impl Iterator<Item = Entity> {
        self.by_name.values().copied()
    }

    /// The rooms that someone is in, or was in before this tick, in the order of their creation.
    pub fn occupied(&self) -> impl Iterator<Item = Entity> {
        self.occupied.values().copied()
    }

    /// How many rooms there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub(crate) fn map_names(&self) -> Vec<String> {
        self.maps.keys().cloned().collect()
    }
}

/// How many rooms were ever created: the next epoch follows.
#[derive(Resource, Debug, Default, Serialize, Deserialize)]
struct Created(u32);

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Created>();
    state::resource::<Created>(app, "rooms_created");
    state::component_as::<Room, _>(app, "room", |room, fold| fold.value(room), saving::restore_room);
    state::component::<Seat>(app, "seat");
    state::component_as::<Seats, _>(
        app,
        "seats",
        |seats, fold| fold.value(seats),
        saving::restore_seats,
    );
    state::derived::<Rooms>(app);
    state::derived::<InRoom>(app);
    state::derived::<Occupants>(app);
    app.add_systems(Step, clean_up.in_set(RoomLife).in_set(StepSet::React));
}

/// In [`StepSet::React`]: rooms that stood empty go. Runs after doors have moved players.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoomLife;

/// Enters the room that was asked for, and leaves the present one.
pub(crate) fn join(world: &mut World, player: Entity, join: &Join) -> Result<(), Refusal> {
    let room = find_or_create(world, &join.room)?;
    if world
        .get::<InRoom>(player)
        .is_some_and(|present| present.0 == room)
    {
        return Err(Refusal::AlreadyThere);
    }
    enter(world, player, room, None, join.request)
}

/// Goes through a door: into the same instance of another map, at a named spawn point.
pub(crate) fn pass_door(world: &mut World, player: Entity, map: &str, spawn: &str) -> Result<(), Refusal> {
    let present = world.get::<InRoom>(player).ok_or(Refusal::NotInRoom)?.0;
    let name = &world.get::<Room>(present).ok_or(Refusal::NotInRoom)?.name;
    let instance = RoomName::parse(name).ok_or(Refusal::NoSuchRoom)?.instance;
    let name = if instance.is_empty() {
        map.to_owned()
    } else {
        format!("{map}/{instance}")
    };
    let room = find_or_create(world, &name)?;
    enter(world, player, room, Some(spawn), 0)
}

fn find_or_create(world: &mut World, name: &str) -> Result<Entity, Refusal> {
    let parsed = RoomName::parse(name).ok_or(Refusal::NoSuchRoom)?;
    let rooms = world.resource::<Rooms>();
    if let Some(room) = rooms.get(name) {
        return Ok(room);
    }
    let (map, info) = rooms.maps.get(parsed.map).cloned().ok_or(Refusal::NoSuchRoom)?;
    if rooms.by_name.len() as u32 >= rooms.max {
        return Err(Refusal::TooManyRooms);
    }
    let mut created = world.resource_mut::<Created>();
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

fn enter(
    world: &mut World,
    player: Entity,
    room: Entity,
    spawn: Option<&str>,
    request: Request,
) -> Result<(), Refusal> {
    let tick = world.resource::<Clock>().tick;
    let rules = world.resource::<Setup>().rules;
    // A door may lead to another place in the same room: then the player's own seat becomes free.
    let own = world
        .get::<InRoom>(player)
        .is_some_and(|present| present.0 == room);
    if world
        .get::<Seats>(room)
        .is_none_or(|seats| seats.len() - u32::from(own) >= rules.capacity)
    {
        return Err(Refusal::RoomFull);
    }
    leave(world, player, 0, LeaveReason::Moved);

    let seed = world.resource::<Setup>().seed;
    let Some(mut who) = world.get_mut::<Player>(player) else {
        return Err(Refusal::NotInRoom);
    };
    who.stay = who.stay.wrapping_add(1);
    let (id, session, stay) = (who.id, who.session, who.stay);
    let moment = u64::from(id.0) << 32 | u64::from(tick.0);
    let Some(mut seats) = world.get_mut::<Seats>(room) else {
        return Err(Refusal::RoomFull);
    };
    let slot = seats.take(player, &mut Stream::new(seed, moment, Purpose::Slot));
    let pool = seats.pool();
    if let Some(mut proximity) = world.get_mut::<Proximity>(room) {
        proximity.enter(slot, pool);
    }
    if let Some(mut replica) = world.get_mut::<Replica>(room) {
        replica.enter(slot, session, stay, pool);
    }
    let Some(mut there) = world.get_mut::<Room>(room) else {
        return Err(Refusal::RoomFull);
    };
    there.empty_since = None;
    let epoch = there.epoch;
    let position = spawn_position(&there.map, spawn, &mut Stream::new(seed, moment, Purpose::Spawn));
    let Some(mut entered) = entered(world, room, slot, stay) else {
        return Err(Refusal::RoomFull);
    };
    entered.request = request;
    world.resource_mut::<Rooms>().occupied.insert(epoch, room);
    world.entity_mut(player).insert((
        InRoom(room),
        Seat {
            epoch,
            slot,
            doors_shut_until: if spawn.is_some() {
                doors::shut_until(tick)
            } else {
                Tick(0)
            },
            near_seq: 0,
        },
        Motion::still(tick, position),
        Position(position),
    ));
    if let Some(mut queue) = world.get_mut::<MoveQueue>(player) {
        queue.forget_waiting();
    }
    if let Some(mut link) = world.get_mut::<Link>(player) {
        // What was acknowledged in another room is no news here.
        link.ack = None;
    }
    world
        .resource_mut::<Outbox>()
        .send(session, &ServerMessage::RoomEntered(entered));
    Ok(())
}

/// Leaves the present room, and tells the player so; none if there is none.
pub(crate) fn leave(world: &mut World, player: Entity, request: Request, reason: LeaveReason) -> Option<()> {
    let epoch = vacate(world, player)?;
    let session = world.get::<Player>(player)?.session;
    let left = ServerMessage::RoomLeft(RoomLeft {
        request,
        epoch,
        reason,
    });
    world.resource_mut::<Outbox>().send(session, &left);
    Some(())
}

/// Takes a player out of its room; gives the room's epoch.
pub(crate) fn vacate(world: &mut World, player: Entity) -> Option<Epoch> {
    let (room, seat) = (world.get::<InRoom>(player)?.0, *world.get::<Seat>(player)?);
    let tick = world.resource::<Clock>().tick;
    world
        .entity_mut(player)
        .remove::<(InRoom, Seat, Motion, Position)>();
    let mut there = world.get_entity_mut(room).ok()?;
    let (mut there, mut seats, mut proximity, mut replica) = there
        .get_components_mut::<(&mut Room, &mut Seats, &mut Proximity, &mut Replica)>()
        .ok()?;
    proximity.leave(seat.slot, &seats);
    seats.give_back(seat.slot);
    replica.leave(seat.slot);
    let empty = seats.is_empty();
    if empty {
        there.empty_since = Some(tick);
    }
    let epoch = there.epoch;
    world.resource_mut::<Outbox>().watchers.leave(room, seat.slot);
    Some(epoch)
}

/// The named spawn point, or one of them by chance.
fn spawn_position(map: &Map, name: Option<&str>, chance: &mut Stream) -> motion::Position {
    let named = name.and_then(|name| map.spawns.iter().find(|spawn| spawn.name == name));
    let spawn = named.unwrap_or_else(|| &map.spawns[chance.below(map.spawns.len() as u32) as usize]);
    spawn.position
}

fn clean_up(
    mut commands: Commands,
    rooms: Query<(Entity, &Room)>,
    mut directory: ResMut<Rooms>,
    clock: Res<Clock>,
    setup: Res<Setup>,
) {
    // Not in the tick in which the last one left: that it left is told first.
    let empty_ticks = setup.rules.empty_ticks.max(1);
    for (entity, room) in &rooms {
        let Some(since) = room.empty_since else { continue };
        let empty_for = clock.tick.since(since);
        if empty_for == 1 {
            directory.occupied.remove(&room.epoch);
        }
        if empty_for >= empty_ticks {
            directory.by_name.remove(&room.name);
            commands.entity(entity).despawn();
        }
    }
}
