//! Worlds that panic, are rebuilt, or end.

use parlour_shared::{
    ids::{SessionId, Tick},
    limits::TICK_RATE,
    message::{LeaveReason, Refusal, RoomLeft, ServerMessage},
};
use parlour_tick::{WorldId, WorldKind};

use super::{
    action::DeskAction,
    joining, moving,
    sessions::{Errand, Session, SessionPlace, Step, Trip},
    travelling,
    turn::Turn,
    worlds::{KnownWorld, WorldPanic, WorldState},
};
use crate::{
    bridge::reports::{LostKind, LostRequest},
    node_status::WorldRequestError,
};

/// A world that panics twice within this time of its own ends.
const AGAIN: u32 = 10 * TICK_RATE;

/// A world panicked in a tick.
pub(super) fn panicked(turn: &mut Turn, world: WorldId, panic: WorldPanic, lost: &[LostRequest]) {
    let tick = panic.tick;
    let Some(place) = turn.state.worlds.place(world) else {
        return;
    };
    let Some(fallen) = turn.state.worlds.get_mut(world) else {
        return;
    };
    fallen.panics += 1;
    let before = fallen.last_panic.replace(panic);
    let ending = fallen.is_ending();
    let again = before.is_some_and(|before| tick.since(before.tick) <= AGAIN);
    if !ending && !again {
        fallen.state = WorldState::Rebuilding;
        turn.actions.push(DeskAction::Rebuild { place, tick });
        moving::cancel(turn, world);
    }
    refuse_lost(turn, world, lost);
    if !ending && again {
        end(turn, world);
    }
}

/// Begins to rebuild a world that runs, on request.
pub(super) fn restart(turn: &mut Turn, name: &str) -> Result<(), WorldRequestError> {
    let worlds = &mut turn.state.worlds;
    let (id, _) = worlds.running(name)?;
    if let Some(world) = worlds.get_mut(id) {
        world.state = WorldState::Rebuilding;
    }
    if let Some(place) = worlds.place(id) {
        turn.actions.push(DeskAction::Take { place });
    }
    Ok(())
}

/// A world was taken from its tick thread before this tick, to be rebuilt.
pub(super) fn taken(turn: &mut Turn, world: WorldId, tick: Tick) {
    let worlds = &turn.state.worlds;
    let rebuilding = worlds
        .get(world)
        .is_some_and(|taken| taken.state == WorldState::Rebuilding);
    if rebuilding && let Some(place) = worlds.place(world) {
        turn.actions.push(DeskAction::Rebuild { place, tick });
    }
}

/// A world was rebuilt and goes on, or could not be rebuilt.
pub(super) fn rebuilt(turn: &mut Turn, world: WorldId, ok: bool) {
    let Some(fallen) = turn.state.worlds.get_mut(world) else {
        return;
    };
    if fallen.state != WorldState::Rebuilding {
        return;
    }
    if ok {
        fallen.state = WorldState::Running;
        fallen.restarts += 1;
        turn.unneeded.push_back(world);
    } else {
        end(turn, world);
    }
}

/// A world is built, or could not be built.
pub(super) fn created(turn: &mut Turn, world: WorldId, ok: bool) {
    let Some(new) = turn.state.worlds.get_mut(world) else {
        return;
    };
    if new.state != WorldState::Creating {
        return;
    }
    if ok {
        new.state = WorldState::Running;
        for id in std::mem::take(&mut new.waiting) {
            joining::built(turn, world, id);
        }
        turn.unneeded.push_back(world);
    } else {
        give_up(turn, world);
        turn.state.rooms.forget_world(world);
        turn.state.worlds.remove_unmade(world);
    }
}

/// The server stops: refuses all sessions that wait for new worlds. They will not be built.
pub(super) fn stopping(turn: &mut Turn) {
    turn.state.is_stopping = true;
    let worlds = turn.state.worlds.iter();
    let creating = worlds.filter(|(_, world)| world.state == WorldState::Creating);
    let creating: Vec<WorldId> = creating.map(|(id, _)| id).collect();
    for world in creating {
        give_up(turn, world);
    }
}

/// Refuses all sessions that wait for a world that is not built yet.
pub(super) fn give_up(turn: &mut Turn, world: WorldId) {
    if let Some(new) = turn.state.worlds.get_mut(world) {
        new.waiting.clear();
        let asked: Vec<SessionId> = new.asks.keys().copied().collect();
        for id in asked {
            joining::lost(turn, world, id, Refusal::TooManyRooms);
        }
    }
}

/// A thread dropped a world.
pub(super) fn ended(turn: &mut Turn, world: WorldId, lost: &[LostRequest]) {
    refuse_lost(turn, world, lost);
    let Some(gone) = turn.state.worlds.get_mut(world) else {
        return;
    };
    gone.dropped = true;
    if !gone.is_ending() {
        end(turn, world);
    }
    drop_if_empty(turn, world);
}

/// Ends a world of a room that no longer exists.
pub(super) fn end_if_unneeded(turn: &mut Turn, world: WorldId) {
    let Some(place) = turn.state.worlds.get(world) else {
        return;
    };
    if place.is_ending() {
        drop_if_empty(turn, world);
        return;
    }
    let own = matches!(place.kind, WorldKind::Own { .. });
    let needed = place.state != WorldState::Running
        || !place.guests().is_empty()
        || !place.asks.is_empty()
        || turn.state.rooms.count_in(world) > 0;
    if own && !needed {
        end(turn, world);
    }
}

/// The I/O thread of a session no longer sends directly to its world.
pub(super) fn no_longer_direct(turn: &mut Turn, id: SessionId) {
    let world = turn.session(id).and_then(|session| session.world());
    let ending = |world| turn.state.worlds.get(world).is_none_or(KnownWorld::is_ending);
    match world {
        Some(world) if ending(world) => send_away(turn, world, id),
        _ => travelling::recall_done(turn, id),
    }
}

/// Sends everyone away, and then has the world dropped.
fn end(turn: &mut Turn, world: WorldId) {
    let Some(ending) = turn.state.worlds.get_mut(world) else {
        return;
    };
    ending.state = WorldState::Ending;
    // What is kept for it will not happen: each request in it is an ask, and is refused here.
    ending.moving = None;
    let asked: Vec<SessionId> = ending.asks.keys().copied().collect();
    let guests: Vec<SessionId> = ending.guests().iter().copied().collect();
    for id in asked {
        joining::lost(turn, world, id, Refusal::NoSuchRoom);
    }
    // From now on, these names are free for new rooms in a different world.
    turn.state.rooms.forget_world(world);
    for id in guests {
        send_away(turn, world, id);
    }
    drop_if_empty(turn, world);
}

/// Makes a session leave a world that will not report its departure.
fn send_away(turn: &mut Turn, world: WorldId, id: SessionId) {
    turn.unsettled.push_back(id);
    // Its messages must come here before it goes elsewhere.
    travelling::recall(turn, id);
    match turn.session(id) {
        Some(session) if session.world() == Some(world) => {
            if session.direct {
                return;
            }
        }
        _ => {
            turn.leave_world(world, id);
            return;
        }
    }
    turn.leave_world(world, id);
    let Some(session) = turn.session(id) else { return };
    let room = session.room().cloned();
    session.place = SessionPlace::Lobby;
    let leaves = matches!(
        session.step,
        Step::Recalling(Trip::Lobby) | Step::Departing(Trip::Lobby)
    );
    // A session that had only just arrived may be on its way to a fallback room already.
    if matches!(session.errand, Some(Errand::Door { .. })) {
        session.errand = None;
    }
    if let Some(room) = room {
        if !leaves {
            let fallback = turn.fallback_of(&room.name);
            if let Some(session) = turn.session(id) {
                session.errand = Some(Errand::Fallback {
                    room: fallback,
                    or_close: true,
                });
            }
        }
        let left = RoomLeft {
            request: 0,
            epoch: room.epoch,
            reason: LeaveReason::Ended,
        };
        turn.send(id, ServerMessage::RoomLeft(left));
    }
    travelling::go_on(turn, id);
}

/// Answers for a world what it will not answer.
fn refuse_lost(turn: &mut Turn, world: WorldId, lost: &[LostRequest]) {
    for request in lost {
        match request.kind {
            LostKind::Join | LostKind::Reserve => {
                joining::lost(turn, world, request.session, Refusal::WorldRestarted);
            }
            LostKind::Arrival => lose_arrival(turn, world, request.session),
            LostKind::Move => lose_move(turn, world, request.session),
            LostKind::Other => {
                if let Some(session) = turn.session(request.session) {
                    session.was_leave(request.request);
                    turn.refuse(request.session, request.request, Refusal::WorldRestarted);
                }
            }
        }
    }
}

/// The commands of a session in the fatal tick are lost. If the world goes on, its client sends its
/// heading again.
fn lose_move(turn: &mut Turn, world: WorldId, id: SessionId) {
    let rebuilding = |world: &KnownWorld| world.state == WorldState::Rebuilding;
    let goes_on = turn.state.worlds.get(world).is_some_and(rebuilding);
    let walks = |session: &mut Session| session.world() == Some(world) && session.room().is_some();
    if goes_on && turn.session(id).is_some_and(walks) {
        turn.refuse(id, 0, Refusal::WorldRestarted);
    }
}

/// Has an ending world dropped as soon as nobody is in it.
fn drop_if_empty(turn: &mut Turn, world: WorldId) {
    let Some(ending) = turn.state.worlds.get_mut(world) else {
        return;
    };
    if !ending.guests().is_empty() {
        return;
    }
    if ending.dropped {
        turn.state.worlds.remove(world);
    } else if !ending.end_sent {
        ending.end_sent = true;
        if let Some(place) = turn.state.worlds.place(world) {
            turn.actions.push(DeskAction::End { place });
        }
    }
}

/// A world panicked in the tick in which the session arrived, perhaps because of it. The session is
/// back in the lobby, with the player that it still has. A fallback room in the same world would be
/// the next panic, which ends the world.
fn lose_arrival(turn: &mut Turn, world: WorldId, id: SessionId) {
    turn.leave_world(world, id);
    let Some(session) = turn.session(id).filter(|session| session.world() == Some(world)) else {
        return;
    };
    session.place = SessionPlace::Lobby;
    joining::lost(turn, world, id, Refusal::WorldRestarted);
    let errand = turn.session(id).and_then(|session| session.errand.clone());
    if let Some(Errand::Fallback {
        room: Some(room),
        or_close: false,
    }) = errand
        && turn
            .state
            .rooms
            .get(&room)
            .is_some_and(|room| room.world == world)
        && let Some(session) = turn.session(id)
    {
        session.errand = None;
    }
    travelling::go_on(turn, id);
}
