//! Moves a world that runs to a different tick thread, on request or because it makes its thread
//! late. Nobody is disconnected, and no event is lost or overtaken:
//!
//! 1. The guests are recalled, so that their I/O threads send their events to the desk, which
//!    forwards them. The world goes on. Sessions that arrive meanwhile are not placed.
//! 2. When no guest is direct any longer, the world leaves its thread. Everything that was sent to
//!    it before comes before that. From then on, messages wait with their sessions, and the desk
//!    keeps the other events for the world.
//! 3. The world enters the new thread, followed by the kept events. Its guests are placed again.
//!
//! A world that panics before it has left is rebuilt where it is.
//!
//! Only worlds with one room of their own move. A shared world stays: each tick thread keeps one of
//! each kind, so that each thread serves joins. If it makes its thread late, own worlds move away.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    time::{Duration, Instant},
};

use parlour_shared::ids::SessionId;
use parlour_tick::{WorldId, WorldKind};

use super::{
    action::DeskAction,
    travelling,
    turn::Turn,
    world_move::{KeptEvents, WorldMove},
    worlds::{KnownWorld, WorldState},
};
use crate::node_status::WorldRequestError;

/// A world that has moved is not moved again within this time because it makes its thread late.
const PAUSE: Duration = Duration::from_secs(10);

/// Begins to move a world to this thread, on request.
pub(super) fn request(turn: &mut Turn, name: &str, to: usize) -> Result<(), WorldRequestError> {
    let worlds = &turn.state.worlds;
    let (id, world) = worlds.running(name)?;
    let threads = worlds.threads.len();
    if to >= threads {
        return Err(WorldRequestError::NoSuchThread { threads });
    }
    if world.thread == to {
        return Err(WorldRequestError::NotNow("on this tick thread already"));
    }
    if !matches!(world.kind, WorldKind::Own { .. }) {
        return Err(WorldRequestError::Shared);
    }
    begin(turn, id, to, 0.0);
    Ok(())
}

/// A world makes its thread late: its steps took this share of the last second. Moves it to a free
/// thread if others are better off then. Otherwise says once why not. A shared world stays, and a
/// world beside it moves instead.
pub(super) fn overran(turn: &mut Turn, id: WorldId, share: f32) {
    let now = turn.now;
    let worlds = &mut turn.state.worlds;
    let Some(world) = worlds.get(id) else { return };
    if turn.state.is_stopping || world.state != WorldState::Running || moved_lately(world, now) {
        return;
    }
    let is_shared = !matches!(world.kind, WorldKind::Own { .. });
    let outcome = if is_shared {
        Err("it stays, because rooms share it")
    } else if !worlds.has_guests_beside(id) {
        Err("it stays, because no other world of its tick thread has players")
    } else {
        worlds
            .thread_with_room(id, share)
            .ok_or("it stays, because no tick thread is free")
    };
    let Some(world) = worlds.get_mut(id) else { return };
    let first = !std::mem::replace(&mut world.warned, true);
    match outcome {
        Ok(to) => {
            turn.actions.push(DeskAction::WarnLate {
                world: id,
                outcome: "it is moved to a free tick thread",
            });
            begin(turn, id, to, share);
        }
        Err(outcome) if first => turn.actions.push(DeskAction::WarnLate { world: id, outcome }),
        Err(_) => {}
    }
    if is_shared {
        move_neighbour(turn, id, share);
    }
}

/// Moves an own world away from the thread of a shared one that makes it late, to a thread on which
/// it delays nobody. One at a time: the next second shows whether that was enough.
fn move_neighbour(turn: &mut Turn, late: WorldId, share: f32) {
    let worlds = &turn.state.worlds;
    let Some(thread) = worlds.get(late).map(|world| world.thread) else {
        return;
    };
    let beside = || worlds.iter().filter(|(_, world)| world.thread == thread);
    if beside().any(|(_, world)| world.moving.is_some()) {
        return;
    }
    let may_move = |world: &KnownWorld| {
        let is_own = matches!(world.kind, WorldKind::Own { .. });
        is_own && world.state == WorldState::Running && !moved_lately(world, turn.now)
    };
    // The one with the most guests, of several the oldest. Without guests, nobody is late.
    let neighbour = beside()
        .filter(|(_, world)| may_move(world) && !world.guests().is_empty())
        .max_by_key(|(id, world)| (world.guests().len(), Reverse(*id)));
    let Some((id, _)) = neighbour else { return };
    let share = worlds.threads.share_beside(thread, share);
    if let Some(to) = worlds.thread_with_room(id, share) {
        begin(turn, id, to, share);
    }
}

fn moved_lately(world: &KnownWorld, now: Instant) -> bool {
    let moved = world.moved_at;
    moved.is_some_and(|at| now.saturating_duration_since(at) < PAUSE)
}

/// Lets a world leave its thread as soon as no I/O thread sends to it directly.
pub(super) fn leave_if_ready(turn: &mut Turn, id: WorldId) {
    let worlds = &mut turn.state.worlds;
    let place = worlds.place(id);
    if let Some(world) = worlds.get_mut(id)
        && let Some(moving) = &mut world.moving
        && moving.leaves()
        && let Some(place) = place
    {
        turn.actions.push(DeskAction::Leave { place });
    }
}

/// A world left its thread, and enters the new one.
pub(super) fn left(turn: &mut Turn, id: WorldId) {
    let worlds = &mut turn.state.worlds;
    let Some(world) = worlds.get_mut(id) else { return };
    let Some(WorldMove { to, share, kept, .. }) = world.moving.take() else {
        return;
    };
    world.state = WorldState::Running;
    world.moved_at = Some(turn.now);
    worlds.change_thread(id, to, share);
    if let Some(place) = worlds.place(id) {
        turn.actions.push(DeskAction::Enter { place });
    }
    go_on(turn, id, kept);
}

/// A world cannot move, because it panicked before it left. The caller has set its state.
pub(super) fn cancel(turn: &mut Turn, id: WorldId) {
    let moving = turn
        .state
        .worlds
        .get_mut(id)
        .and_then(|world| world.moving.take());
    if let Some(WorldMove { kept, .. }) = moving {
        go_on(turn, id, kept);
    }
}

fn begin(turn: &mut Turn, id: WorldId, to: usize, share: f32) {
    let Some(world) = turn.state.worlds.get_mut(id) else {
        return;
    };
    let sessions = &turn.state.sessions;
    let is_direct = |guest: &SessionId| {
        let session = sessions.get(guest);
        session.is_some_and(|session| session.direct && session.world() == Some(id))
    };
    let direct: BTreeSet<SessionId> = world.guests().iter().copied().filter(is_direct).collect();
    world.state = WorldState::Moving;
    world.moving = Some(WorldMove::new(to, share, direct.clone()));
    for guest in direct {
        travelling::recall(turn, guest);
    }
    turn.leaving.push_back(id);
}

/// Sends a world that no longer moves what was kept for it. Its guests are settled, and so placed.
fn go_on(turn: &mut Turn, id: WorldId, kept: Option<KeptEvents>) {
    if let Some(place) = turn.state.worlds.place(id) {
        let kept = kept.into_iter().flat_map(KeptEvents::into_events);
        let actions = kept.map(|(session, io_thread, event)| DeskAction::ToWorld {
            place,
            session,
            io_thread,
            event,
        });
        turn.actions.extend(actions);
    }
    if let Some(world) = turn.state.worlds.get(id) {
        turn.unsettled.extend(world.guests());
    }
    turn.unneeded.push_back(id);
}
