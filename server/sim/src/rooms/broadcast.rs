//! Broadcasts messages to rooms.

use bevy_ecs::prelude::*;
use parlour_shared::message::ServerMessage;

use super::seats::Seats;
use crate::{outbox::Outbox, player::Player, replication::Watchers};

/// Sends a message to all players and watchers of some rooms. It is encoded once.
pub(crate) fn broadcast<R>(world: &World, outbox: &mut Outbox, rooms: R, message: &ServerMessage)
where
    R: IntoIterator<Item = Entity, IntoIter: Clone>,
{
    let rooms = rooms.into_iter();
    let players = rooms
        .clone()
        .filter_map(|room| world.get::<Seats>(room))
        .flat_map(Seats::iter);
    let session = |(_, player)| world.get::<Player>(player).map(|player| player.session);
    let encoded = outbox.broadcast(players.filter_map(session), message);
    let watchers = world.resource::<Watchers>();
    for room in rooms {
        outbox.send_to_watchers(watchers.of_room(room), encoded);
    }
}
