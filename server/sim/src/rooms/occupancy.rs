//! Players enter and leave rooms.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, KindId, PlayerId, Slot, Tick},
    limits::TICK_RATE,
    map::{Map, MapInfo},
    message::{LeaveReason, Refusal, Request, RoomEntered, RoomLeft, ServerMessage},
    motion,
    rng::{Purpose, Stream},
};
use parlour_tick::Report;

use super::{
    life::RoomEvents,
    listing::{ChangedRooms, RoomListing},
    room::{Room, Rooms},
    seats::{InRoom, Seat, Seats},
    stay_components,
};
use crate::{
    clock::Clock,
    config::{Interest, Setup},
    kinds::EntityKinds,
    movement::{Control, CurrentPosition, Motion, MoveQueue, SolidBodies},
    object_interest::ObjectInterest,
    outbox::Outbox,
    player::{Dropped, Link, Player},
    proximity::{PlayerSpace, Proximity},
    replication::{Replica, Watchers},
    room_state::RoomState,
    space::SlotPosition,
    state::{StableEntity, StableId},
};

/// For this many ticks after a player went through a door, all doors are shut for it. Without this,
/// two doors that lead in front of each other moved a player with a held key 72 times in 6 s.
pub(super) const DOORS_SHUT_TICKS: u32 = TICK_RATE;

/// How a player enters a room.
pub(super) struct Entry<'a> {
    /// The spawn point, if the player comes through a door.
    pub(super) spawn: Option<&'a str>,
    /// The join that this answers; 0 after a door.
    pub(super) request: Request,
}

/// Checks that a room admits this many more players. A door may lead to a different position in the
/// room in which the player already is; then its own seat becomes free.
pub(super) fn check_admission(
    world: &World,
    room: Entity,
    is_inside: bool,
    players: u32,
) -> Result<(), Refusal> {
    let is_locked = world.get::<RoomListing>(room).is_some_and(RoomListing::is_locked);
    if is_locked && !is_inside {
        return Err(Refusal::RoomLocked);
    }
    let seats = world.get::<Seats>(room).ok_or(Refusal::NoSuchRoom)?;
    let capacity = world.get::<Room>(room).ok_or(Refusal::NoSuchRoom)?.rules.capacity;
    if seats.len() - u32::from(is_inside) + seats.reserved() + players > capacity {
        return Err(Refusal::RoomFull);
    }
    Ok(())
}

/// Leaves the current room, if there is one, and takes a seat in the given room, which admits the
/// player.
pub(super) fn enter(world: &mut World, player: Entity, room: Entity, entry: &Entry<'_>) {
    let tick = world.resource::<Clock>().tick;
    let seed = world.resource::<Setup>().seed;
    leave(world, player, 0, LeaveReason::Moved);

    let mut identity = world.get_mut::<Player>(player).expect("only players enter rooms");
    identity.view = identity.view.wrapping_add(1);
    let (id, session, view) = (identity.id, identity.session, identity.view);
    let is_dropped = world.get::<Dropped>(player).is_some();
    let moment = u64::from(id.0) << 32 | u64::from(tick.0);
    let mut entity = world.entity_mut(room);
    let (mut details, mut seats, mut proximity, mut space, mut replica) = entity
        .get_components_mut::<(
            &mut Room,
            &mut Seats,
            &mut Proximity,
            &mut PlayerSpace,
            &mut Replica,
        )>()
        .expect("every room has these");
    let slot = seats.take(player, &mut Stream::new(seed, moment, Purpose::Slot));
    let slot_count = seats.slot_count();
    let random = &mut Stream::new(seed, moment, Purpose::Spawn);
    let position = spawn_position(&details.map, entry.spawn, random);
    proximity.enter(slot, slot_count);
    space.enter(SlotPosition { slot, position }, slot_count, tick);
    replica.enter(slot, slot_count);
    if !is_dropped {
        replica.add_viewer(slot, session, view);
    }
    details.empty_since = None;
    let (epoch, name) = (details.epoch, details.name.clone());
    world.resource_mut::<Rooms>().occupied.insert(epoch, room);
    world.resource_mut::<ChangedRooms>().note(room);
    let doors_shut_until = match entry.spawn {
        Some(_) => tick.after(DOORS_SHUT_TICKS),
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
    let (stable_room, stable_player) = stable((room, epoch), (player, id));
    let mut events = world.resource_mut::<RoomEvents>();
    events.entered(stable_room, stable_player);
    // Game logic that counts those who are dropped can begin at zero with each stay.
    if is_dropped {
        events.dropped(stable_room, stable_player);
    }
    if let Some(mut control) = world.get_mut::<Control>(player) {
        *control = Control::default();
    }
    let mut entity = world.entity_mut(player);
    let (mut queue, mut link) = entity
        .get_components_mut::<(&mut MoveQueue, &mut Link)>()
        .expect("every player has these");
    queue.forget_waiting();
    // An acknowledgement for the previous room is no longer valid.
    link.ack = None;
    let request = entry.request;
    let mut message = room_entered(world, room, slot, view).expect("the room exists");
    message.request = request;
    let mut outbox = world.resource_mut::<Outbox>();
    outbox.send(session, &ServerMessage::RoomEntered(message));
    outbox.out.reports.push(Report::Entered {
        session,
        request,
        room: name,
        epoch,
    });
}

/// Removes a player from its room, and sends it `RoomLeft`. Returns `None` if the player is in no
/// room.
pub(crate) fn leave(world: &mut World, player: Entity, request: Request, reason: LeaveReason) -> Option<()> {
    let epoch = vacate(world, player, reason)?;
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
fn vacate(world: &mut World, player: Entity, why: LeaveReason) -> Option<Epoch> {
    let (room, seat) = (world.get::<InRoom>(player)?.0, *world.get::<Seat>(player)?);
    let tick = world.resource::<Clock>().tick;
    world
        .entity_mut(player)
        .remove::<(InRoom, Seat, Motion, CurrentPosition)>();
    stay_components::reset_all(world, player);
    let mut entity = world.get_entity_mut(room).ok()?;
    if let Some(mut bodies) = entity.get_mut::<SolidBodies>() {
        bodies.remove(KindId::PLAYER, seat.slot, tick);
    }
    let (mut details, mut seats, mut proximity, mut space, mut objects, mut replica) = entity
        .get_components_mut::<(
            &mut Room,
            &mut Seats,
            &mut Proximity,
            &mut PlayerSpace,
            &mut ObjectInterest,
            &mut Replica,
        )>()
        .ok()?;
    proximity.leave(seat.slot, &seats);
    space.leave(seat.slot);
    objects.player_leaves(seat.slot, tick);
    seats.give_back(seat.slot);
    replica.leave(seat.slot);
    let (epoch, is_empty) = (details.epoch, seats.is_empty());
    if is_empty {
        details.empty_since = Some(tick);
        let due = (tick.after(1), epoch);
        world.resource_mut::<Rooms>().due.insert(due, room);
    }
    world.resource_mut::<ChangedRooms>().note(room);
    world.resource_mut::<Watchers>().leave(room, seat.slot);
    let id = world.get::<Player>(player)?.id;
    let (stable_room, stable_player) = stable((room, epoch), (player, id));
    let mut events = world.resource_mut::<RoomEvents>();
    events.left(stable_room, stable_player, why);
    if is_empty {
        events.emptied(stable_room);
    }
    Some(epoch)
}

/// Tells game logic that a player drops, if it is in a room.
pub(crate) fn note_dropped(world: &mut World, player: Entity) {
    if let Some((room, player)) = stable_seat(world, player) {
        world.resource_mut::<RoomEvents>().dropped(room, player);
    }
}

/// Tells game logic that a player resumes, if it is in a room.
pub(crate) fn note_resumed(world: &mut World, player: Entity) {
    if let Some((room, player)) = stable_seat(world, player) {
        world.resource_mut::<RoomEvents>().resumed(room, player);
    }
}

/// Returns the room of a player and the player with their stable ids, if it is in a room.
fn stable_seat(world: &World, player: Entity) -> Option<(StableEntity, StableEntity)> {
    let (room, seat) = (world.get::<InRoom>(player)?.0, world.get::<Seat>(player)?);
    let id = world.get::<Player>(player)?.id;
    Some(stable((room, seat.epoch), (player, id)))
}

/// Returns a room and a player with their stable ids.
fn stable(room: (Entity, Epoch), player: (Entity, PlayerId)) -> (StableEntity, StableEntity) {
    let stable = |id, entity| StableEntity { id, entity };
    (
        stable(StableId::room(room.1), room.0),
        stable(StableId::player(player.1), player.0),
    )
}

/// Returns the message for a player that enters a room or a watcher that starts, or `None` if the
/// room no longer exists.
pub(crate) fn room_entered(world: &World, room: Entity, slot: Slot, view: u8) -> Option<RoomEntered> {
    let details = world.get::<Room>(room)?;
    let rules = &details.rules;
    let (state, listing) = (world.get::<RoomState>(room), world.get::<RoomListing>(room));
    Some(RoomEntered {
        request: 0,
        room: details.name.clone(),
        room_type: details.room_type.as_ref().to_owned(),
        epoch: details.epoch,
        view,
        slot,
        tick: world.resource::<Clock>().tick,
        capacity: rules.capacity,
        interest_px: (rules.interest == Interest::Near).then_some(rules.near_px),
        near_px: rules.near_px,
        speeds: rules.speeds.as_slice().to_vec(),
        seq: details.seq,
        map: MapInfo::clone(&details.info),
        state: state.map(RoomState::entries).unwrap_or_default(),
        properties: listing
            .map(|listing| listing.properties().to_vec())
            .unwrap_or_default(),
        kinds: world.resource::<EntityKinds>().described(),
    })
}

/// Returns the named spawn point, or a random one.
fn spawn_position(map: &Map, name: Option<&str>, random: &mut Stream) -> motion::Position {
    let named = name.and_then(|name| map.spawns.iter().find(|spawn| spawn.name == name));
    let spawn = named.unwrap_or_else(|| &map.spawns[random.below(map.spawns.len() as u32) as usize]);
    spawn.position
}
