//! Reserved seats. A ticket holds seats of a room for a while; each join with the ticket takes one
//! of them.

use std::collections::BTreeMap;

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, SessionId, Tick},
    limits::{MAX_RESERVED_SEATS, MAX_TICKET_BYTES, RESERVATION_TICKS, TICK_RATE},
    message::{Refusal, Reserved, ServerMessage},
};
use parlour_tick::{Report, Reservation};
use serde::{Deserialize, Serialize};

use super::{
    find_room::{Place, Wanted, find},
    listing::ChangedRooms,
    occupancy::check_admission,
    room::{Room, Rooms, create},
    seats::Seats,
};
use crate::{
    clock::Clock,
    outbox::Outbox,
    refusal::refuse_session,
    state::{self, EntityIndex, LoadError, StableId},
};

/// The maximum number of reservations for groups in a world, and also of those for travellers:
/// seats that clients reserve must not close the doors into the world. All are hashed at every
/// tick.
const MAX_RESERVATIONS: usize = 1024;

/// All reservations, by ticket.
#[derive(Resource, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Reservations {
    by_ticket: BTreeMap<String, HeldSeats>,
}

/// The seats that a ticket holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HeldSeats {
    /// The room. It exists as long as the reservation.
    room: Epoch,
    /// The seats that nobody has taken yet, at least 1.
    seats: u8,
    /// The tick in which they are free again.
    until: Tick,
    /// The spawn point of the players that take the seats.
    spawn: Option<String>,
    /// The session that asked, and whether it was sent the ticket.
    owner: (SessionId, bool),
}

/// A reserved seat that a join may take.
pub(super) struct ReservedSeat {
    pub(super) room: Entity,
    pub(super) spawn: Option<String>,
}

impl Reservations {
    /// Returns whether a ticket is of a reservation that the node made for this session. No client
    /// knows it.
    pub(crate) fn is_of_node(&self, ticket: Option<&str>, session: SessionId) -> bool {
        let held = ticket.and_then(|ticket| self.by_ticket.get(ticket));
        held.is_some_and(|held| held.owner == (session, false))
    }

    /// Returns the next tick in which a reservation expires.
    pub(super) fn next_expiry(&self) -> Option<Tick> {
        self.by_ticket.values().map(|held| held.until).min()
    }

    /// Returns whether there is no place for a further reservation. `answer`: whether it is for a
    /// group, whose owner is sent the ticket.
    fn is_full(&self, answer: bool) -> bool {
        let alike = || self.by_ticket.values().filter(|held| held.owner.1 == answer);
        self.by_ticket.len() >= MAX_RESERVATIONS && alike().count() >= MAX_RESERVATIONS
    }

    /// Drops the reservations of a room that is removed.
    pub(super) fn forget_room(&mut self, room: Epoch) {
        self.by_ticket.retain(|_, held| held.room != room);
    }
}

/// Reserves seats, or refuses the reservation. Either is reported.
pub(crate) fn reserve(world: &mut World, session: SessionId, wish: &Reservation) {
    let request = wish.join.request;
    let room = match try_reserve(world, session, wish) {
        Ok(room) => room,
        Err(refusal) => {
            refuse_session(world, session, request, refusal);
            let reports = &mut world.resource_mut::<Outbox>().out.reports;
            return reports.push(Report::JoinRefused { session, request });
        }
    };
    let name = world.get::<Room>(room).map(|room| room.name.clone());
    let (name, ticket) = (name.unwrap_or_default(), wish.ticket.clone());
    let mut outbox = world.resource_mut::<Outbox>();
    if wish.answer {
        let reserved = Reserved {
            request,
            room: name.clone(),
            ticket: ticket.clone(),
            expires_ms: RESERVATION_TICKS * 1000 / TICK_RATE,
        };
        outbox.send(session, &ServerMessage::Reserved(reserved));
    }
    outbox.out.reports.push(Report::Reserved {
        session,
        ticket,
        room: name,
    });
}

/// Checks everything first, so that a refusal leaves no room behind.
fn try_reserve(world: &mut World, session: SessionId, wish: &Reservation) -> Result<Entity, Refusal> {
    let all = world.resource::<Reservations>();
    let reservations = &all.by_ticket;
    let is_new = !wish.ticket.is_empty()
        && wish.ticket.len() <= MAX_TICKET_BYTES
        && !reservations.contains_key(&wish.ticket);
    if !is_new {
        return Err(Refusal::BadTicket);
    }
    let seats = u32::from(wish.seats);
    if !(1..=MAX_RESERVED_SEATS).contains(&wish.seats) || all.is_full(wish.answer) {
        return Err(Refusal::RoomFull);
    }
    let room = if let Some(from) = &wish.join.ticket {
        let held = reservations.get(from).filter(|held| held.seats >= wish.seats);
        let room = held.and_then(|held| state::find(world, StableId::room(held.room)));
        let room = room.ok_or(Refusal::BadTicket)?;
        take_seats(world, from, wish.seats);
        room
    } else {
        match find(world, &Wanted::of_join(&wish.join)?)? {
            Place::Existing(room) => {
                check_admission(world, room, false, seats)?;
                room
            }
            Place::New(plan) if seats > plan.blueprint.rules.capacity => return Err(Refusal::RoomFull),
            Place::New(plan) => create(world, *plan),
        }
    };
    let owner = (session, wish.answer);
    let earlier = world.resource::<Reservations>().by_ticket.iter();
    let earlier = earlier.filter(|(_, held)| held.owner == owner);
    for ticket in earlier.map(|(ticket, _)| ticket.clone()).collect::<Vec<_>>() {
        take_seats(world, &ticket, u8::MAX);
    }
    let epoch = world.get::<Room>(room).ok_or(Refusal::NoSuchRoom)?.epoch;
    let held = HeldSeats {
        room: epoch,
        seats: wish.seats,
        until: world.resource::<Clock>().tick.after(RESERVATION_TICKS),
        spawn: wish.spawn.clone(),
        owner,
    };
    let mut reservations = world.resource_mut::<Reservations>();
    reservations.by_ticket.insert(wish.ticket.clone(), held);
    change_reserved(world, room, i64::from(wish.seats));
    Ok(room)
}

/// Returns the seat that a ticket holds for a player that is not in the room yet.
pub(super) fn find_seat(
    world: &World,
    ticket: &str,
    present: Option<Entity>,
) -> Result<ReservedSeat, Refusal> {
    let held = world.resource::<Reservations>().by_ticket.get(ticket);
    let held = held.ok_or(Refusal::BadTicket)?;
    let room = state::find(world, StableId::room(held.room)).ok_or(Refusal::BadTicket)?;
    if present == Some(room) {
        return Err(Refusal::AlreadyThere);
    }
    let spawn = held.spawn.clone();
    Ok(ReservedSeat { room, spawn })
}

/// Takes one seat of a ticket. The caller must seat the player at once.
pub(super) fn take(world: &mut World, ticket: &str) {
    take_seats(world, ticket, 1);
}

/// Takes up to this many seats from a reservation, which is over when it has none left.
fn take_seats(world: &mut World, ticket: &str, seats: u8) {
    let mut reservations = world.resource_mut::<Reservations>();
    let Some(held) = reservations.by_ticket.get_mut(ticket) else {
        return;
    };
    let taken = seats.min(held.seats);
    held.seats -= taken;
    let (room, is_over) = (held.room, held.seats == 0);
    if is_over {
        reservations.by_ticket.remove(ticket);
    }
    if let Some(room) = state::find(world, StableId::room(room)) {
        change_reserved(world, room, -i64::from(taken));
    }
}

/// Ends the reservations whose time is over.
pub(crate) fn expire(world: &mut World) {
    let tick = world.resource::<Clock>().tick;
    let reservations = world.resource::<Reservations>().by_ticket.iter();
    let over = reservations.filter(|(_, held)| held.until <= tick);
    // Does not allocate if there are none.
    let over: Vec<String> = over.map(|(ticket, _)| ticket.clone()).collect();
    for ticket in over {
        take_seats(world, &ticket, u8::MAX);
    }
}

/// Changes the number of reserved seats of a room. When it has none left and is empty, its removal
/// may be due.
fn change_reserved(world: &mut World, room: Entity, change: i64) {
    let Some(mut seats) = world.get_mut::<Seats>(room) else {
        return;
    };
    let reserved = i64::from(seats.reserved()) + change;
    seats.set_reserved(u32::try_from(reserved).unwrap_or(0));
    world.resource_mut::<ChangedRooms>().note(room);
    let epoch = world.get::<Room>(room).map(|room| room.epoch);
    if let Some(epoch) = epoch.filter(|_| reserved == 0) {
        let tick = world.resource::<Clock>().tick;
        world.resource_mut::<Rooms>().due.insert((tick, epoch), room);
    }
}

/// Returns the reservations of a saved world, or `None` if no world could have them.
pub(super) fn restore(saved: Reservations, world: &World) -> Option<Reservations> {
    let (tick, index) = (world.resource::<Clock>().tick, world.resource::<EntityIndex>());
    let is_possible = |(ticket, held): (&String, &HeldSeats)| {
        (1..=MAX_TICKET_BYTES).contains(&ticket.len())
            && (1..=MAX_RESERVED_SEATS).contains(&held.seats)
            && held.until > tick
            && held.until <= tick.after(RESERVATION_TICKS)
            && index.get(StableId::room(held.room)).is_some()
    };
    let is_possible =
        saved.by_ticket.len() <= 2 * MAX_RESERVATIONS && saved.by_ticket.iter().all(is_possible);
    is_possible.then_some(saved)
}

/// Counts the reserved seats of the rooms of a loaded world.
pub(super) fn rebuild(world: &mut World, index: &EntityIndex) -> Result<(), LoadError> {
    let held: Vec<(Epoch, u8)> = world
        .resource::<Reservations>()
        .by_ticket
        .values()
        .map(|held| (held.room, held.seats))
        .collect();
    for (epoch, reserved) in held {
        let room = index.get(StableId::room(epoch));
        let seats = room.and_then(|room| world.get_mut::<Seats>(room));
        let mut seats = seats
            .ok_or_else(|| LoadError::Contradiction(format!("seats are reserved in room #{}", epoch.0)))?;
        let before = seats.reserved();
        seats.set_reserved(before + u32::from(reserved));
    }
    Ok(())
}
