//! Players enter and leave rooms.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Slot, Tick},
    limits::TICK_RATE,
    map::{Map, MapInfo},
    message::{Join, LeaveReason, Refusal, Request, RoomEntered, RoomLeft, ServerMessage},
    motion,
    rng::{Purpose, Stream},
    text::RoomName,
};

use super::{
    room::{Room, Rooms, find_or_create},
    seats::{InRoom, Seat, Seats},
};
use crate::{
    clock::Clock,
    config::{Interest, Setup},
    extend::Extras,
    movement::{CurrentPosition, Motion, MoveQueue},
    outbox::Outbox,
    player::{Link, Player},
    proximity::Proximity,
    replication::{Replica, Watchers},
    room_state::RoomState,
};

/// For this many ticks after a player went through a door, no door lets it through. Without this,
/// two doors that lead in front of each other moved a player with a held key 72 times in 6 s.
const SHUT_AFTER_PASSING: u32 = TICK_RATE;

/// Leaves the current room, and enters the requested one.
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

/// Goes through a door: into the same instance of a different map, at a named spawn point.
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

/// Leaves the current room, if there is one, and takes a seat in the given room. All checks come
/// first, so that a refusal leaves the player where it is.
fn enter(
    world: &mut World,
    player: Entity,
    room: Entity,
    spawn: Option<&str>,
    request: Request,
) -> Result<(), Refusal> {
    let tick = world.resource::<Clock>().tick;
    let (seed, rules) = {
        let setup = world.resource::<Setup>();
        (setup.seed, setup.rules)
    };
    // A door may lead to a different position in the same room. Then the player's own seat becomes
    // free.
    let own = world
        .get::<InRoom>(player)
        .is_some_and(|present| present.0 == room);
    let seats = world.get::<Seats>(room).expect("every room has seats");
    if seats.len() - u32::from(own) >= rules.capacity {
        return Err(Refusal::RoomFull);
    }
    leave(world, player, 0, LeaveReason::Moved);

    let mut who = world.get_mut::<Player>(player).expect("only players enter rooms");
    who.view = who.view.wrapping_add(1);
    let (id, session, view) = (who.id, who.session, who.view);
    let moment = u64::from(id.0) << 32 | u64::from(tick.0);
    let mut entity = world.entity_mut(room);
    let (mut there, mut seats, mut proximity, mut replica) = entity
        .get_components_mut::<(&mut Room, &mut Seats, &mut Proximity, &mut Replica)>()
        .expect("every room has these");
    let slot = seats.take(player, &mut Stream::new(seed, moment, Purpose::Slot));
    let pool = seats.pool();
    proximity.enter(slot, pool);
    replica.enter(slot, session, view, pool);
    there.empty_since = None;
    let epoch = there.epoch;
    let position = spawn_position(&there.map, spawn, &mut Stream::new(seed, moment, Purpose::Spawn));
    world.resource_mut::<Rooms>().occupied.insert(epoch, room);
    let doors_shut_until = match spawn {
        Some(_) => tick.after(SHUT_AFTER_PASSING),
        None => Tick(0),
    };
    world.entity_mut(player).insert((
        InRoom(room),
        Seat {
            epoch,
            slot,
            doors_shut_until,
            near_seq: 0,
        },
        Motion::still(tick, position),
        CurrentPosition(position),
    ));
    let mut entity = world.entity_mut(player);
    let (mut queue, mut link) = entity
        .get_components_mut::<(&mut MoveQueue, &mut Link)>()
        .expect("every player has these");
    queue.forget_waiting();
    // An acknowledgement for the previous room is no longer valid.
    link.ack = None;
    let mut entered = entered(world, room, slot, view).expect("the room exists");
    entered.request = request;
    world
        .resource_mut::<Outbox>()
        .send(session, &ServerMessage::RoomEntered(entered));
    Ok(())
}

/// Removes a player from its room, and sends it `RoomLeft`. Returns `None` if the player is in no
/// room.
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

/// Removes a player from its room. Returns the room's epoch, or `None` if the player was in no
/// room.
pub(crate) fn vacate(world: &mut World, player: Entity) -> Option<Epoch> {
    let (room, seat) = (world.get::<InRoom>(player)?.0, *world.get::<Seat>(player)?);
    let tick = world.resource::<Clock>().tick;
    world
        .entity_mut(player)
        .remove::<(InRoom, Seat, Motion, CurrentPosition)>();
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
    world.resource_mut::<Watchers>().leave(room, seat.slot);
    Some(epoch)
}

/// Returns the message for a player that enters a room or a watcher that starts, or `None` if the
/// room no longer exists.
pub(crate) fn entered(world: &World, room: Entity, slot: Slot, view: u8) -> Option<RoomEntered> {
    let there = world.get::<Room>(room)?;
    let rules = world.resource::<Setup>().rules;
    Some(RoomEntered {
        request: 0,
        room: there.name.clone(),
        room_type: there.map.name.clone(),
        epoch: there.epoch,
        view,
        slot,
        tick: world.resource::<Clock>().tick,
        capacity: rules.capacity,
        interest_px: (rules.interest == Interest::Near).then_some(rules.near_px),
        near_px: rules.near_px,
        seq: there.seq,
        map: MapInfo::clone(&there.info),
        state: world
            .get::<RoomState>(room)
            .map(RoomState::entries)
            .unwrap_or_default(),
        properties: Vec::new(),
        extras: world.resource::<Extras>().names(),
    })
}

/// Returns the named spawn point, or a random one.
fn spawn_position(map: &Map, name: Option<&str>, chance: &mut Stream) -> motion::Position {
    let named = name.and_then(|name| map.spawns.iter().find(|spawn| spawn.name == name));
    let spawn = named.unwrap_or_else(|| &map.spawns[chance.below(map.spawns.len() as u32) as usize]);
    spawn.position
}
