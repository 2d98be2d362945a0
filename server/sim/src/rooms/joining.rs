//! Players join rooms and go through doors.

use bevy_ecs::prelude::*;
use parlour_shared::{
    message::{Join, LeaveReason, Refusal, Request},
    text::RoomName,
};
use parlour_tick::Report;

use super::{
    find_room::{Place, Wanted, find},
    occupancy::{DOORS_SHUT_TICKS, Entry, check_admission, enter, leave},
    options::RoomChecks,
    reservations,
    room::{Room, Rooms, create},
    seats::{InRoom, Seat},
};
use crate::{clock::Clock, config::Setup, outbox::Outbox, player::Player};

/// Leaves the current room, if there is one, and enters the requested one. A refusal leaves the
/// player where it is.
pub(crate) fn join(world: &mut World, player: Entity, join: &Join) -> Result<(), Refusal> {
    let current = world.get::<InRoom>(player).map(|current| current.0);
    let (room, spawn) = if let Some(ticket) = &join.ticket {
        let seat = reservations::find_seat(world, ticket, current)?;
        RoomChecks::check_player(world, player, seat.room)?;
        reservations::take(world, ticket);
        (seat.room, seat.spawn)
    } else {
        let room = match find(world, &Wanted::of_join(join)?)? {
            Place::Existing(room) if current == Some(room) => return Err(Refusal::AlreadyThere),
            Place::Existing(room) => {
                check_admission(world, room, false, 1)?;
                RoomChecks::check_player(world, player, room)?;
                room
            }
            // A new room is not locked, and has at least one seat.
            Place::New(plan) => create(world, *plan),
        };
        (room, None)
    };
    let entry = Entry {
        spawn: spawn.as_deref(),
        request: join.request,
    };
    enter(world, player, room, &entry);
    Ok(())
}

/// Leaves the room because the player asked for it, and reports this.
pub(crate) fn leave_as_asked(world: &mut World, player: Entity, request: Request) -> Result<(), Refusal> {
    leave(world, player, request, LeaveReason::Asked).ok_or(Refusal::NotInRoom)?;
    if let Some(session) = world.get::<Player>(player).map(|player| player.session) {
        let reports = &mut world.resource_mut::<Outbox>().out.reports;
        reports.push(Report::LeftRoom { session });
    }
    Ok(())
}

/// Goes through a door: into the same instance of a different room type, at a named spawn point. If
/// that room is not in this world, and a node may have it elsewhere, only reports the door.
pub(crate) fn go_through_door(
    world: &mut World,
    player: Entity,
    to_type: &str,
    spawn: &str,
) -> Result<(), Refusal> {
    let current = world.get::<InRoom>(player).ok_or(Refusal::NotInRoom)?.0;
    let from = world.get::<Room>(current).ok_or(Refusal::NotInRoom)?;
    let instance = RoomName::parse(&from.name).ok_or(Refusal::NoSuchRoom)?.instance;
    let name = if instance.is_empty() {
        to_type.to_owned()
    } else {
        format!("{to_type}/{instance}")
    };
    let is_elsewhere = world.resource::<Rooms>().get(&name).is_none();
    if is_elsewhere && !world.resource::<Setup>().creates_rooms_for_doors {
        report_door(world, player, name, spawn);
        return Ok(());
    }
    let wanted = Wanted {
        name: &name,
        options: &[],
        may_exist: true,
        may_create: true,
        private: from.private,
    };
    let room = match find(world, &wanted)? {
        Place::Existing(room) => {
            check_admission(world, room, room == current, 1)?;
            RoomChecks::check_player(world, player, room)?;
            room
        }
        Place::New(plan) => create(world, *plan),
    };
    let entry = Entry {
        spawn: Some(spawn),
        request: 0,
    };
    enter(world, player, room, &entry);
    Ok(())
}

/// Reports a door that leads out of this world. The player stays, and doors are shut for it for a
/// while, so that the node is not asked again before it has answered.
fn report_door(world: &mut World, player: Entity, room: String, spawn: &str) {
    let until = world.resource::<Clock>().tick.after(DOORS_SHUT_TICKS);
    if let Some(mut seat) = world.get_mut::<Seat>(player) {
        seat.doors_shut_until = until;
    }
    if let Some(session) = world.get::<Player>(player).map(|player| player.session) {
        let reports = &mut world.resource_mut::<Outbox>().out.reports;
        reports.push(Report::Door {
            session,
            room,
            spawn: spawn.to_owned(),
        });
    }
}
