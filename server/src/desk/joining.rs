//! Starts what makes a session go somewhere, and handles the answers of worlds.

use std::time::Instant;

use parlour_shared::{
    close::CloseCode,
    ids::{Epoch, SessionId},
    limits::MAX_RESERVED_SEATS,
    message::{Join, JoinMode, Refusal, Request, Reserve},
};
use parlour_tick::{Reservation, WorldId};

use super::{
    action::WorldEvent,
    config::JoinRate,
    random_name,
    resolving::{Resolved, resolve},
    sessions::{EnteredRoom, Errand, Goal, Group, Reason, Session, SessionPlace, Step, Trip},
    tickets::Ticket,
    travelling,
    turn::Turn,
    worlds::{Ask, AskKind},
};

/// A client wants to enter a room.
pub(super) fn join(turn: &mut Turn, id: SessionId, join: Join, arrived: Instant) {
    let request = join.request;
    let begun = take_token(turn, id, &join.room)
        .and_then(|()| check_grants(turn, id, &join.room, join.mode, join.ticket.as_deref()))
        .and_then(|()| begin(turn, id, join, arrived, None, Reason::Join));
    if let Err(refusal) = begun {
        turn.refuse_request(id, request, refusal);
    }
}

/// A player went through a door.
pub(super) fn door(turn: &mut Turn, id: SessionId, room: String, spawn: String) {
    let mut join = Join::room(0, room);
    if is_in_private_room(turn, id) {
        join.mode = JoinMode::Private;
    }
    let now = turn.now;
    let begun =
        take_token(turn, id, &join.room).and_then(|()| begin(turn, id, join, now, Some(spawn), Reason::Door));
    if let Err(refusal) = begun {
        turn.refuse(id, 0, refusal);
    }
}

/// A session in the lobby goes to the fallback room. `None`: there is none.
pub(super) fn fallback(turn: &mut Turn, id: SessionId, room: Option<String>, or_close: bool) {
    let now = turn.now;
    let begun = room.is_some_and(|room| {
        let reason = Reason::Fallback { or_close };
        begin(turn, id, Join::room(0, room), now, None, reason).is_ok()
    });
    if !begun && or_close {
        turn.close(id, CloseCode::RoomEnded);
    }
}

/// A client wants seats for a group.
pub(super) fn reserve(turn: &mut Turn, id: SessionId, reserve: Reserve) {
    let request = reserve.request;
    let begun = take_token(turn, id, &reserve.room)
        .and_then(|()| check_grants(turn, id, &reserve.room, reserve.mode, None))
        .and_then(|()| begin_group(turn, id, reserve));
    if let Err(refusal) = begun {
        turn.refuse_request(id, request, refusal);
    }
}

/// Whether the room behind a door is to be private as well.
fn is_in_private_room(turn: &Turn, id: SessionId) -> bool {
    let room = turn.state.sessions.get(&id).and_then(Session::room);
    let status = room.and_then(|room| turn.state.rooms.get(&room.name)?.status.as_ref());
    status.is_some_and(|status| status.private)
}

/// Takes a token of the limit on joins. A type that does not exist has the default limit.
fn take_token(turn: &mut Turn, id: SessionId, room: &str) -> Result<(), Refusal> {
    let rate = turn
        .type_of(room)
        .map_or_else(JoinRate::default, |known| known.joins);
    let now = turn.now;
    turn.session(id)
        .map_or(Ok(()), |session| session.limits.join(rate, now))
}

/// Checks that the token of the session grants the room. A room that the token does not grant is
/// refused whether or not it exists. Doors and fallback rooms are not checked: the maps and the
/// types decide where they lead.
fn check_grants(
    turn: &Turn,
    id: SessionId,
    room: &str,
    mode: JoinMode,
    ticket: Option<&str>,
) -> Result<(), Refusal> {
    let session = turn.state.sessions.get(&id);
    let Some(grants) = session.and_then(|session| session.grants.as_ref()) else {
        return Ok(());
    };
    let is_granted = match (ticket, mode) {
        // An unknown ticket is refused later.
        (Some(ticket), _) => {
            let seats = turn.state.tickets.get(ticket);
            seats.is_none_or(|seats| grants.room(&seats.room))
        }
        (None, JoinMode::Enter | JoinMode::Existing) => grants.room(room),
        // It may become any room of the type.
        (None, JoinMode::New | JoinMode::Private | JoinMode::Any) => grants.room_type(room),
    };
    is_granted.then_some(()).ok_or(Refusal::Forbidden)
}

fn begin(
    turn: &mut Turn,
    id: SessionId,
    join: Join,
    arrived: Instant,
    spawn: Option<String>,
    reason: Reason,
) -> Result<(), Refusal> {
    let Resolved { world, join, seats } = resolve(turn, id, join, 1, reason == Reason::Door)?;
    let ask = Ask {
        kind: AskKind::Join,
        request: join.request,
        room: join.room.clone(),
        seats,
        sent: false,
    };
    turn.ask(world, id, ask);
    let goal = Goal {
        world,
        join,
        arrived,
        spawn,
        reason,
        travelled: false,
    };
    go(turn, id, Box::new(goal));
    Ok(())
}

fn begin_group(turn: &mut Turn, id: SessionId, reserve: Reserve) -> Result<(), Refusal> {
    if !(1..=MAX_RESERVED_SEATS).contains(&reserve.seats) {
        return Err(Refusal::BadOptions);
    }
    if turn.state.tickets.is_full() {
        return Err(Refusal::TooManyRooms);
    }
    let seats = reserve.seats;
    let join = Join {
        request: reserve.request,
        room: reserve.room,
        mode: reserve.mode,
        options: reserve.options,
        ticket: None,
    };
    let Resolved { world, join, .. } = resolve(turn, id, join, u32::from(seats), false)?;
    let ask = Ask {
        kind: AskKind::Group,
        request: join.request,
        room: join.room.clone(),
        seats: u32::from(seats),
        sent: false,
    };
    turn.ask(world, id, ask);
    let reservation = Box::new(Reservation {
        ticket: random_name::new_ticket(turn.random),
        seats,
        join,
        spawn: None,
        answer: true,
    });
    if let Some(session) = turn.session(id) {
        session.group = Some(Group { world, reservation });
    }
    ask_for_group(turn, id);
    Ok(())
}

/// Sends the reservation of a group to its world, as soon as the world is built.
fn ask_for_group(turn: &mut Turn, id: SessionId) {
    let Some(group) = turn.session(id).and_then(|session| session.group.as_ref()) else {
        return;
    };
    let (world, reservation) = (group.world, group.reservation.clone());
    if is_built(turn, world, id) {
        if let Some(ask) = turn
            .state
            .worlds
            .get_mut(world)
            .and_then(|asked| asked.asks.get_mut(&id))
        {
            ask.sent = true;
        }
        turn.forward(world, id, WorldEvent::Reserve(reservation));
    }
}

/// The world is built: continues what a session wanted to do there.
pub(super) fn built(turn: &mut Turn, world: WorldId, id: SessionId) {
    let Some(session) = turn.session(id) else { return };
    if session.group.as_ref().is_some_and(|group| group.world == world) {
        ask_for_group(turn, id);
        return;
    }
    match session.take_step() {
        Step::Building(goal) if goal.world == world => go(turn, id, goal),
        step => session.step = step,
    }
}

/// Takes the first step towards a goal.
fn go(turn: &mut Turn, id: SessionId, goal: Box<Goal>) {
    let world = goal.world;
    let built = is_built(turn, world, id);
    let Some(session) = turn.session(id) else { return };
    match session.place {
        _ if !built => session.step = Step::Building(goal),
        SessionPlace::Lobby => travelling::arrive(turn, id, goal, None),
        // A door names a spawn point, which only a reservation can carry.
        SessionPlace::In { world: present, .. } if present == world && goal.spawn.is_none() => {
            travelling::join(turn, id, goal, None);
        }
        SessionPlace::In { .. } => travelling::seat(turn, id, goal),
    }
}

/// Returns whether the world is built. If not, the session waits for it.
fn is_built(turn: &mut Turn, world: WorldId, id: SessionId) -> bool {
    match turn.state.worlds.get_mut(world) {
        Some(target) if !target.takes_events() && !target.is_ending() => {
            target.waiting.push(id);
            false
        }
        // A world that is gone is noticed on arrival.
        _ => true,
    }
}

/// A world reports that a player entered a room.
pub(super) fn entered(
    turn: &mut Turn,
    world: WorldId,
    id: SessionId,
    request: Request,
    room: String,
    epoch: Epoch,
) {
    let answers = turn.state.worlds.get(world).and_then(|asked| asked.asks.get(&id));
    let answers =
        answers.is_some_and(|ask| ask.kind == AskKind::Join && ask.request == request && ask.room == room);
    if answers {
        turn.take_ask(world, id);
    }
    turn.unsettled.push_back(id);
    let Some(session) = turn.session(id) else { return };
    if session.world() != Some(world) {
        return;
    }
    session.place = SessionPlace::In {
        world,
        room: Some(EnteredRoom { name: room, epoch }),
    };
    session.errand = None;
    if answers {
        session.leaves.clear();
        session.step = Step::Idle;
    }
}

/// A world reports that seats are reserved.
pub(super) fn reserved(turn: &mut Turn, world: WorldId, id: SessionId, ticket: String, room: String) {
    turn.take_ask(world, id);
    turn.unsettled.push_back(id);
    let now = turn.now;
    let Some(session) = turn.session(id) else { return };
    if session
        .group
        .as_ref()
        .is_some_and(|group| group.reservation.ticket == ticket)
    {
        session.group = None;
        turn.state.tickets.insert(ticket, Ticket { world, room }, now);
        return;
    }
    match session.take_step() {
        Step::Seating { goal, ticket: own } if own == ticket => match session.place {
            SessionPlace::In { world: present, .. } if present == goal.world => {
                travelling::join(turn, id, goal, Some(ticket));
            }
            SessionPlace::In { .. } => travelling::depart(turn, id, Trip::To { goal, ticket }),
            // Its world ended meanwhile.
            SessionPlace::Lobby => travelling::arrive(turn, id, goal, Some(ticket)),
        },
        step => session.step = step,
    }
}

/// A world has refused a join, a leave or a reservation. The client has the refusal.
pub(super) fn refused(turn: &mut Turn, world: WorldId, id: SessionId, request: Request) {
    turn.unsettled.push_back(id);
    // A world answers in order, and a session waits after a join. So the leaves come first.
    if let Some(session) = turn.session(id)
        && session.world() == Some(world)
        && session.was_leave(request)
    {
        return;
    }
    let asked = turn.state.worlds.get(world).and_then(|asked| asked.asks.get(&id));
    if asked.is_some_and(|ask| ask.request == request)
        && let Some(ask) = turn.take_ask(world, id)
    {
        failed(turn, world, id, ask.kind);
    }
}

/// A world will not answer what a session asked. Refuses it on behalf of the world.
pub(super) fn lost(turn: &mut Turn, world: WorldId, id: SessionId, refusal: Refusal) {
    let Some(ask) = turn.take_ask(world, id) else {
        return;
    };
    let Some(session) = turn.session(id) else { return };
    let by_itself = match &session.step {
        Step::Joining(goal) | Step::Seating { goal, .. } | Step::Building(goal)
            if ask.kind != AskKind::Group =>
        {
            matches!(goal.reason, Reason::Fallback { .. })
        }
        _ => false,
    };
    if !by_itself {
        turn.refuse(id, ask.request, refusal);
    }
    failed(turn, world, id, ask.kind);
}

/// Ends the step of a session whose join or reservation was refused.
fn failed(turn: &mut Turn, world: WorldId, id: SessionId, kind: AskKind) {
    turn.unsettled.push_back(id);
    let Some(session) = turn.session(id) else { return };
    if kind == AskKind::Group {
        session.group = None;
        return;
    }
    match session.take_step() {
        Step::Joining(goal) | Step::Seating { goal, .. } | Step::Building(goal) if goal.world == world => {
            travelling::send_to_fallback(turn, id, &goal);
        }
        step => session.step = step,
    }
}

/// A player is in a room no longer, and in no other.
pub(super) fn left(turn: &mut Turn, world: WorldId, id: SessionId) {
    turn.unsettled.push_back(id);
    let Some(session) = turn.session(id) else { return };
    if session.world() == Some(world) {
        session.place = SessionPlace::In { world, room: None };
        session.leaves.pop_front();
        if matches!(session.errand, Some(Errand::Door { .. })) {
            session.errand = None;
        }
    }
}

/// A player stands in a door that its world cannot open.
pub(super) fn at_door(turn: &mut Turn, world: WorldId, id: SessionId, room: String, spawn: String) {
    turn.unsettled.push_back(id);
    let Some(session) = turn.session(id) else { return };
    // While the session goes elsewhere, the door does not matter.
    let may_stay = matches!(session.step, Step::Idle | Step::Joining(_));
    let present = session.world() == Some(world) && session.room().is_some();
    if may_stay && present && session.errand.is_none() {
        session.errand = Some(Errand::Door { room, spawn });
    }
}
