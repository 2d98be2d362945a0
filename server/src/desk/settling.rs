//! Takes the messages of sessions, and does what each session has to do next.

use std::time::Instant;

use parlour_shared::{
    ids::SessionId,
    message::{ClientMessage, Refusal},
};

use super::{
    action::{DeskAction, WorldEvent},
    joining, lobby,
    sessions::{Errand, MAX_QUEUE, Queued, Trip},
    travelling,
    turn::Turn,
};

/// What a session does next.
enum Next {
    Depart,
    Errand(Errand),
    Message(Queued),
    Place,
    Nothing,
}

/// Takes a message. If the session waits for something, its message waits with it.
pub(super) fn message(turn: &mut Turn, id: SessionId, arrived: Instant, message: ClientMessage) {
    turn.unsettled.push_back(id);
    let Some(session) = turn.session(id) else { return };
    if session.queue.len() < MAX_QUEUE {
        session.queue.push_back(Queued { arrived, message });
        return;
    }
    turn.state.dropped += 1;
    // A request is answered even if there is no room for it.
    if !matches!(message, ClientMessage::Move(_)) {
        let refusal = Refusal::RateLimited { retry_after_ms: 1000 };
        turn.refuse_request(id, message.request(), refusal);
    }
}

/// Does everything that a session can do now.
pub(super) fn settle(turn: &mut Turn, id: SessionId) {
    loop {
        match next(turn, id) {
            Next::Depart => travelling::depart(turn, id, Trip::Lobby),
            Next::Errand(Errand::Door { room, spawn }) => joining::door(turn, id, room, spawn),
            Next::Errand(Errand::Fallback { room, or_close }) => {
                joining::fallback(turn, id, room, or_close);
            }
            Next::Message(queued) => handle(turn, id, queued),
            Next::Place => place(turn, id),
            Next::Nothing => return,
        }
    }
}

fn next(turn: &mut Turn, id: SessionId) -> Next {
    let Some(session) = turn.session(id) else {
        return Next::Nothing;
    };
    if !session.is_idle() {
        return Next::Nothing;
    }
    let (world, in_room) = (session.world(), session.room().is_some());
    let (mut moves, mut is_between_threads) = (false, false);
    if let Some(world) = world {
        // A world that ends sends its sessions away by itself.
        let Some(world) = turn.state.worlds.get(world).filter(|world| !world.is_ending()) else {
            return Next::Nothing;
        };
        if !in_room {
            return Next::Depart;
        }
        (moves, is_between_threads) = (world.moving.is_some(), world.is_between_threads());
    }
    let Some(session) = turn.session(id) else {
        return Next::Nothing;
    };
    if session.group.is_none()
        && let Some(errand) = session.errand.take()
    {
        return Next::Errand(errand);
    }
    let waits = session.group.is_some();
    match session.queue.front() {
        Some(_) if is_between_threads => Next::Nothing,
        Some(queued) if waits && asks_for_seats(&queued.message) => Next::Nothing,
        Some(_) => session.queue.pop_front().map_or(Next::Nothing, Next::Message),
        None if world.is_some() && !session.direct && !moves => Next::Place,
        None => Next::Nothing,
    }
}

/// Whether a message waits for the answer to an earlier reservation.
fn asks_for_seats(message: &ClientMessage) -> bool {
    matches!(message, ClientMessage::Join(_) | ClientMessage::Reserve(_))
}

fn handle(turn: &mut Turn, id: SessionId, queued: Queued) {
    let Queued { arrived, message } = queued;
    let world = turn.session(id).and_then(|session| session.world());
    match (message, world) {
        (ClientMessage::Join(join), _) => joining::join(turn, id, join, arrived),
        (ClientMessage::Reserve(reserve), _) => joining::reserve(turn, id, reserve),
        (message, Some(world)) => {
            if let ClientMessage::Leave { request } = message
                && let Some(session) = turn.session(id)
            {
                session.leaving(request);
            }
            turn.forward(world, id, WorldEvent::Message { arrived, message });
        }
        (message, None) => lobby::answer(turn, id, &message),
    }
}

/// Lets the I/O thread send the session's messages directly to its world.
fn place(turn: &mut Turn, id: SessionId) {
    let Some(session) = turn.session(id) else { return };
    session.direct = true;
    let (number, io_thread, link) = (session.number, session.io_thread, session.link);
    if let Some(world) = session.world()
        && let Some(place) = turn.state.worlds.place(world)
    {
        turn.actions.push(DeskAction::Place {
            session: id,
            io_thread,
            place,
            number,
            link,
        });
    }
}
