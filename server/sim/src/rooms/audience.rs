//! What those in a room are told: on entering, and all at once.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Slot,
    map::MapInfo,
    message::{RoomEntered, ServerMessage},
};

use super::{Room, Seats};
use crate::{
    clock::Clock, components::Player, config::Interest, outbox::Outbox, room_state::RoomState,
    simulation::Setup,
};

/// Tells everyone in a room, and those who watch it.
pub(crate) fn tell(world: &World, outbox: &mut Outbox, room: Entity, message: &ServerMessage) {
    let Some(seats) = world.get::<Seats>(room) else {
        return;
    };
    let session = |(_, player)| world.get::<Player>(player).map(|player| player.session);
    outbox.tell_room(room, seats.iter().filter_map(session), message);
}

/// The room as it is now, to be told to who enters or begins to watch; none if it is gone.
pub(crate) fn entered(world: &World, room: Entity, slot: Slot, stay: u8) -> Option<RoomEntered> {
    let there = world.get::<Room>(room)?;
    let rules = world.resource::<Setup>().rules;
    Some(RoomEntered {
        request: 0,
        room: there.name.clone(),
        epoch: there.epoch,
        view: stay,
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
    })
}
