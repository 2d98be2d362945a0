//! Takes a session from one world into another: reserve a seat there, depart here, arrive there.
//! The departure waits until the I/O thread has stopped sending directly to the old world.

use parlour_shared::{
    ids::SessionId,
    message::{ClientMessage, Join, JoinMode, Refusal},
};
use parlour_tick::{Arrival, Reservation, WorldId};

use super::{
    action::{DeskAction, WorldEvent},
    random_name,
    sessions::{Errand, Goal, Reason, SessionPlace, Step, Trip},
    turn::Turn,
    worlds::{Ask, AskKind, KnownWorld},
};
use crate::bridge::link_state::LinkState;

/// Asks the world of the goal for a seat. The session stays where it is.
pub(super) fn seat(turn: &mut Turn, id: SessionId, goal: Box<Goal>) {
    let ticket = random_name::new_ticket(turn.random);
    let reservation = Box::new(Reservation {
        ticket: ticket.clone(),
        seats: 1,
        join: goal.join.clone(),
        spawn: goal.spawn.clone(),
        answer: false,
    });
    let world = goal.world;
    note_ask(turn, id, &goal, AskKind::Seat, goal.join.ticket.is_none());
    if let Some(session) = turn.session(id) {
        session.step = Step::Seating { goal, ticket };
    }
    turn.forward(world, id, WorldEvent::Reserve(reservation));
    // Meanwhile the I/O thread stops sending to the old world, which takes less than a tick.
    recall(turn, id);
}

/// Takes the session out of its world.
pub(super) fn depart(turn: &mut Turn, id: SessionId, trip: Trip) {
    recall(turn, id);
    let Some(session) = turn.session(id) else { return };
    if session.direct {
        session.step = Step::Recalling(trip);
        return;
    }
    let trip = match trip {
        Trip::To { goal, .. } if !is_open(turn, goal.world) => {
            // The session stays where it is.
            refuse_goal(turn, id, &goal, Refusal::NoSuchRoom);
            turn.unsettled.push_back(id);
            return;
        }
        trip => trip,
    };
    let Some(session) = turn.session(id) else { return };
    session.step = Step::Departing(trip);
    match session.place {
        SessionPlace::In { world, .. } => turn.forward(world, id, WorldEvent::Depart),
        SessionPlace::Lobby => go_on(turn, id),
    }
}

/// Asks the I/O thread to send the session's events to the desk, if it does not do so already.
pub(super) fn recall(turn: &mut Turn, id: SessionId) {
    if let Some(session) = turn.session(id)
        && session.direct
        && !session.recalled
    {
        session.recalled = true;
        let io_thread = session.io_thread;
        turn.actions.push(DeskAction::Recall {
            session: id,
            io_thread,
        });
    }
}

/// The link of a session takes no data or takes data again, or it is lost or replaced.
pub(super) fn set_link(turn: &mut Turn, id: SessionId, link: LinkState) {
    let Some(session) = turn.session(id) else { return };
    session.link = link;
    // After a departure, the next arrival says it.
    if let SessionPlace::In { world, .. } = session.place
        && !matches!(session.step, Step::Departing(_))
    {
        turn.forward(world, id, WorldEvent::Link(link));
    }
}

/// The I/O thread no longer sends directly to the session's world.
pub(super) fn recall_done(turn: &mut Turn, id: SessionId) {
    let Some(session) = turn.session(id) else { return };
    match session.take_step() {
        Step::Recalling(trip) => depart(turn, id, trip),
        step => session.step = step,
    }
}

/// A world has reported a departure.
pub(super) fn departed(turn: &mut Turn, world: WorldId, id: SessionId, player: Arrival) {
    turn.leave_world(world, id);
    let Some(session) = turn.session(id) else { return };
    if session.world() != Some(world) {
        return;
    }
    session.player = player;
    session.place = SessionPlace::Lobby;
    go_on(turn, id);
}

/// The session has left its world, and continues its trip.
pub(super) fn go_on(turn: &mut Turn, id: SessionId) {
    turn.unsettled.push_back(id);
    let Some(session) = turn.session(id) else { return };
    match session.take_step() {
        Step::Departing(Trip::To { mut goal, ticket }) | Step::Recalling(Trip::To { mut goal, ticket }) => {
            goal.travelled = true;
            arrive(turn, id, goal, Some(ticket));
        }
        Step::Departing(Trip::Lobby) | Step::Recalling(Trip::Lobby) => {}
        step => session.step = step,
    }
}

/// Sends a session from the lobby into the world of its goal.
pub(super) fn arrive(turn: &mut Turn, id: SessionId, goal: Box<Goal>, ticket: Option<String>) {
    let world = goal.world;
    if !is_open(turn, world) {
        turn.take_ask(world, id);
        lose_target(turn, id, &goal);
        return;
    }
    let Some(session) = turn.session(id) else { return };
    session.place = SessionPlace::In { world, room: None };
    session.leaves.clear();
    if matches!(session.errand, Some(Errand::Door { .. })) {
        session.errand = None;
    }
    let (player, link) = (session.player.clone(), session.link);
    turn.state.worlds.enter(world, id);
    turn.forward(world, id, WorldEvent::Arrive { player, link });
    join(turn, id, goal, ticket);
}

/// Sends the join of a goal to the world in which the session is. `ticket`: that of its own seat.
pub(super) fn join(turn: &mut Turn, id: SessionId, goal: Box<Goal>, ticket: Option<String>) {
    let join = match ticket {
        Some(ticket) => Join {
            mode: JoinMode::Enter,
            options: Vec::new(),
            ticket: Some(ticket),
            ..goal.join.clone()
        },
        None => goal.join.clone(),
    };
    let (world, arrived) = (goal.world, goal.arrived);
    note_ask(turn, id, &goal, AskKind::Join, join.ticket.is_none());
    if let Some(session) = turn.session(id) {
        session.step = Step::Joining(goal);
    }
    let message = ClientMessage::Join(join);
    turn.forward(world, id, WorldEvent::Message { arrived, message });
}

/// The world to which the session was on its way is gone.
pub(super) fn lose_target(turn: &mut Turn, id: SessionId, goal: &Goal) {
    refuse_goal(turn, id, goal, Refusal::NoSuchRoom);
    send_to_fallback(turn, id, goal);
}

/// Refuses what made the session go somewhere.
pub(super) fn refuse_goal(turn: &mut Turn, id: SessionId, goal: &Goal, refusal: Refusal) {
    match goal.reason {
        Reason::Join | Reason::Door => turn.refuse(id, goal.join.request, refusal),
        // The client did not ask for it.
        Reason::Fallback { .. } => {}
    }
}

/// Sends a session whose journey failed after it had left a room to the fallback of the room to
/// which it wanted to go. If there is none, it stays in the lobby.
pub(super) fn send_to_fallback(turn: &mut Turn, id: SessionId, goal: &Goal) {
    let errand = match goal.reason {
        Reason::Fallback { or_close: true } => Some(Errand::Fallback {
            room: None,
            or_close: true,
        }),
        Reason::Join | Reason::Door if goal.travelled => {
            turn.fallback_of(&goal.join.room).map(|room| Errand::Fallback {
                room: Some(room),
                or_close: false,
            })
        }
        _ => None,
    };
    if let Some(session) = turn.session(id)
        && !matches!(session.errand, Some(Errand::Fallback { .. }))
    {
        session.errand = errand;
    }
    turn.unsettled.push_back(id);
}

fn is_open(turn: &Turn, world: WorldId) -> bool {
    turn.state.worlds.get(world).is_some_and(KnownWorld::takes_events)
}

/// Notes that the world of the goal is asked. `claim`: whether it needs a seat that is not
/// reserved.
fn note_ask(turn: &mut Turn, id: SessionId, goal: &Goal, kind: AskKind, claim: bool) {
    let ask = Ask {
        kind,
        request: goal.join.request,
        room: goal.join.room.clone(),
        seats: u32::from(claim),
        sent: true,
    };
    turn.ask(goal.world, id, ask);
}
