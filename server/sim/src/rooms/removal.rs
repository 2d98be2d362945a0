//! Removes rooms that were empty for a while.

use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};
use parlour_shared::ids::Tick;
use parlour_tick::Report;

use super::{
    life::RoomEvent,
    reservations::Reservations,
    room::{Room, Rooms},
    seats::Seats,
};
use crate::{clock::Clock, outbox::Outbox};

/// Tells game logic which rooms end with this tick, if nobody enters them.
pub(crate) fn announce_endings(world: &mut World) {
    let closing: Vec<_> = ending(world)
        .into_iter()
        .map(|room| RoomEvent::Closing { room })
        .collect();
    if !closing.is_empty() {
        world.write_message_batch(closing);
    }
}

/// Returns the rooms that end with this tick, if nobody enters them. Allocates nothing if there is
/// none.
fn ending(world: &World) -> Vec<Entity> {
    let now = world.resource::<Clock>().tick;
    let due = world.resource::<Rooms>().due.iter();
    let due = due.take_while(|((due, _), _)| *due <= now);
    due.map(|(_, room)| *room)
        .filter(|room| {
            let parts = world.get::<Room>(*room).zip(world.get::<Seats>(*room));
            parts.is_some_and(|(room, seats)| {
                seats.reserved() == 0 && removed_at(room).is_some_and(|removed_at| now >= removed_at)
            })
        })
        .collect()
}

/// Returns the tick in which an empty room is removed, but not the tick in which the last player
/// left: `StepSet::Interest` still reports its departure.
fn removed_at(room: &Room) -> Option<Tick> {
    let since = room.empty_since?;
    Some(Tick(since.0.saturating_add(room.rules.empty_ticks.max(1))))
}

/// Handles the rooms for which something is due: a tick after a room became empty, it is no longer
/// handled by each tick, and after its time it is removed. A room with reserved seats stays.
pub(crate) fn clean_up(world: &mut World) {
    let now = world.resource::<Clock>().tick;
    let is_due = |rooms: &Rooms| {
        let first = rooms.due.first_key_value();
        first.is_some_and(|((due, _), _)| *due <= now)
    };
    while is_due(world.resource::<Rooms>()) {
        let Some((_, entity)) = world.resource_mut::<Rooms>().due.pop_first() else {
            return;
        };
        let (Some(room), Some(seats)) = (world.get::<Room>(entity), world.get::<Seats>(entity)) else {
            continue;
        };
        let (Some(since), Some(removed_at)) = (room.empty_since, removed_at(room)) else {
            continue;
        };
        let (epoch, reserved) = (room.epoch, seats.reserved());
        let mut directory = world.resource_mut::<Rooms>();
        if now > since {
            directory.occupied.remove(&epoch);
        }
        if now < removed_at {
            directory.due.insert((removed_at, epoch), entity);
        } else if reserved == 0 {
            world.despawn(entity);
        }
    }
}

/// When a room is removed, by this module or by game logic: forgets it and reports the removal.
pub(super) fn forget(mut world: DeferredWorld, context: HookContext) {
    let Some(room) = world.get::<Room>(context.entity) else {
        return;
    };
    let (name, epoch) = (room.name.clone(), room.epoch);
    let mut rooms = world.resource_mut::<Rooms>();
    rooms.by_name.remove(&name);
    rooms.occupied.remove(&epoch);
    world.resource_mut::<Reservations>().forget_room(epoch);
    let reports = &mut world.resource_mut::<Outbox>().out.reports;
    reports.push(Report::RoomRemoved { room: name });
}
