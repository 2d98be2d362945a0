//! Reports what a node must know about the rooms that changed.

use bevy_ecs::prelude::*;
use parlour_shared::ids::Epoch;
use parlour_tick::{Report, RoomStatus};

use super::{
    listing::{ChangedRooms, RoomListing},
    room::Room,
    seats::Seats,
};
use crate::outbox::Outbox;

/// Reports the changed rooms, each once, in the order of their creation.
pub(crate) fn report_changes(world: &mut World) {
    if world.resource::<ChangedRooms>().0.is_empty() {
        return;
    }
    world.resource_scope(|world, mut changed: Mut<ChangedRooms>| {
        let epoch = |room: &Entity| world.get::<Room>(*room).map_or(Epoch(0), |room| room.epoch);
        changed.0.sort_by_cached_key(epoch);
        changed.0.dedup();
        for room in changed.0.drain(..) {
            if let Some(status) = status(world, room) {
                let reports = &mut world.resource_mut::<Outbox>().out.reports;
                reports.push(Report::Room(status));
            }
        }
    });
}

/// Returns the status of a room, or `None` if it no longer exists.
fn status(world: &World, room: Entity) -> Option<RoomStatus> {
    let (room, seats, listing) = (
        world.get::<Room>(room)?,
        world.get::<Seats>(room)?,
        world.get::<RoomListing>(room)?,
    );
    Some(RoomStatus {
        room: room.name.clone(),
        room_type: room.room_type.as_ref().to_owned(),
        players: seats.len(),
        reserved: seats.reserved(),
        capacity: room.rules.capacity,
        locked: listing.locked,
        private: room.private,
        properties: listing.properties.clone(),
    })
}
