//! Broadcasts messages to a room.

use bevy_ecs::prelude::*;
use parlour_shared::message::ServerMessage;

use super::seats::Seats;
use crate::{outbox::Outbox, player::Player, replication::Watchers};

/// Sends a message to all players and watchers of a room.
pub(crate) fn broadcast(world: &World, outbox: &mut Outbox, room: Entity, message: &ServerMessage) {
    let Some(seats) = world.get::<Seats>(room) else {
        return;
    };
    let session = |(_, player)| world.get::<Player>(player).map(|player| player.session);
    let encoded = outbox.broadcast(seats.iter().filter_map(session), message);
    outbox.send_to_watchers(world.resource::<Watchers>().of_room(room), encoded);
}
