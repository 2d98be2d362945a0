//! Players drop and resume: the link of a session is lost and comes back, and its player stays.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{ids::SessionId, message::ServerMessage, snapshot::Ack};

use crate::{
    clock::Clock,
    config::OnDrop,
    movement::{self, MoveQueue},
    objects,
    outbox::Outbox,
    player::{Dropped, Link, Player},
    replication::Replica,
    rooms::{self, InRoom, Room, Seat},
    state::{self, LoadError, StableId},
    taken::with_taken,
};

/// The dropped players whose motion goes on until it ends by itself. Most worlds have none at most
/// times, and then each tick only reads this list.
#[derive(Resource, Debug, Default)]
pub(crate) struct GoingOn(Vec<Entity>);

pub(crate) fn plugin(app: &mut App) {
    state::component::<Dropped>(app, "dropped");
    app.init_resource::<GoingOn>();
    state::derived::<GoingOn>(app);
}

/// Drops a player. Does nothing if it is dropped already.
pub(crate) fn lose_link(world: &mut World, player: Entity) {
    if world.get::<Dropped>(player).is_some() {
        return;
    }
    let since = world.resource::<Clock>().tick;
    forget_waiting_moves(world, player);
    let mut goes_on = false;
    if let Some((room, seat)) = seat_of(world, player) {
        match world.get::<Room>(room).map(|room| room.rules.on_drop) {
            Some(OnDrop::Stand) => movement::stand(world, player),
            Some(OnDrop::Continue) => {
                movement::let_go_on(world, player);
                goes_on = true;
                world.resource_mut::<GoingOn>().0.push(player);
            }
            Some(OnDrop::Logic) | None => {}
        }
        if let Some(mut replica) = world.get_mut::<Replica>(room) {
            replica.remove_viewer(seat.slot);
        }
    }
    world.entity_mut(player).insert(Dropped::new(since, goes_on));
    objects::release_all(world, player);
    rooms::note_dropped(world, player);
    replicate_again(world, player);
}

/// Lets a player resume: its session has a link again, or a new link instead of one whose loss was
/// not noticed. Its client is sent everything again, and learns which of its commands are settled.
/// `reset`: messages were lost, so it is also sent its room again.
pub(crate) fn regain_link(world: &mut World, player: Entity, reset: bool) {
    let Some(session) = world.get::<Player>(player).map(|player| player.session) else {
        return;
    };
    forget_waiting_moves(world, player);
    let last_seq = world.get::<MoveQueue>(player).map_or(0, MoveQueue::last_seq);
    if let Some(mut link) = world.get_mut::<Link>(player) {
        link.ack = (last_seq > 0).then_some(Ack {
            seq: last_seq,
            early: 0,
        });
    }
    if reset {
        send_room_again(world, player, session);
    }
    renew_viewer(world, player, session);
    if world.entity_mut(player).take::<Dropped>().is_some() {
        world
            .resource_mut::<GoingOn>()
            .0
            .retain(|dropped| *dropped != player);
        rooms::note_resumed(world, player);
    }
}

/// Lets the players stand whose motion went on after they dropped, and has ended.
pub(crate) fn end_motions(world: &mut World) {
    if world.resource::<GoingOn>().0.is_empty() {
        return;
    }
    with_taken(world, |world, players: &mut GoingOn| {
        players.0.retain(|player| goes_on(world, *player));
    });
}

fn goes_on(world: &mut World, player: Entity) -> bool {
    if world
        .get::<Dropped>(player)
        .is_none_or(|dropped| !dropped.goes_on)
    {
        return false;
    }
    if movement::is_under_way(world, player) {
        return true;
    }
    movement::stand(world, player);
    if let Some(mut dropped) = world.get_mut::<Dropped>(player) {
        dropped.goes_on = false;
    }
    false
}

/// Checks the dropped players of a loaded world, and lists those whose motion goes on.
pub(crate) fn rebuild(world: &mut World) -> Result<(), LoadError> {
    let tick = world.resource::<Clock>().tick;
    let mut going_on = Vec::new();
    let mut dropped = world.query::<(Entity, &StableId, &Dropped, Has<Player>)>();
    for (entity, id, dropped, is_player) in dropped.iter(world) {
        if !is_player || dropped.since() > tick {
            return Err(LoadError::Contradiction(format!("{id} cannot be dropped")));
        }
        if dropped.goes_on {
            going_on.push(entity);
        }
    }
    world.resource_mut::<GoingOn>().0 = going_on;
    Ok(())
}

fn seat_of(world: &World, player: Entity) -> Option<(Entity, Seat)> {
    let room = world.get::<InRoom>(player)?.0;
    world.get::<Seat>(player).map(|seat| (room, *seat))
}

/// Sends what a player is sent when it enters its room.
fn send_room_again(world: &mut World, player: Entity, session: SessionId) {
    let view = world.get::<Player>(player).map(|player| player.view);
    if let Some(((room, seat), view)) = seat_of(world, player).zip(view)
        && let Some(entered) = rooms::room_entered(world, room, seat.slot, view)
    {
        let message = ServerMessage::RoomEntered(entered);
        world.resource_mut::<Outbox>().send(session, &message);
    }
}

fn forget_waiting_moves(world: &mut World, player: Entity) {
    if let Some(mut queue) = world.get_mut::<MoveQueue>(player)
        && !queue.is_empty()
    {
        queue.forget_waiting();
    }
}

fn renew_viewer(world: &mut World, player: Entity, session: SessionId) {
    let view = world.get::<Player>(player).map(|player| player.view);
    if let Some(((room, seat), view)) = seat_of(world, player).zip(view)
        && let Some(mut replica) = world.get_mut::<Replica>(room)
    {
        replica.add_viewer(seat.slot, session, view);
    }
}

/// Lets replication look at the player in this tick: it does not see that a component was removed.
fn replicate_again(world: &mut World, player: Entity) {
    if let Some(mut link) = world.get_mut::<Link>(player) {
        link.set_changed();
    }
}
