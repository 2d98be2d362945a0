//! Passes the requests of players to their features, in canonical order, after the rate limits.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::message::{ClientMessage, JoinMode, Refusal};
use parlour_tick::{EventKind, Report};

use crate::{
    chat,
    clock::Clock,
    config::Setup,
    dropped, extend,
    inbox::Inbox,
    movement,
    outbox::Outbox,
    player::Player,
    refusal::{Cause, refuse},
    room_state,
    rooms::{self, InRoom, Reservations, Room},
    schedule::{StepSet, TickSchedule},
    sessions, skins, state,
    taken::with_taken,
    throttle::{RequestKind, Throttle},
    timers,
};

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Inbox>();
    state::derived::<Inbox>(app);
    app.add_systems(TickSchedule, serve.in_set(StepSet::Guard));
}

/// Takes a token for each request, under the limits of the room in which the player is at the start
/// of the tick. Not for a join with a seat that the node reserved: the node has limited it, and the
/// player has already left its world for it.
fn limit(world: &mut World, inbox: &mut Inbox) {
    let Inbox {
        input,
        players,
        retry_after,
    } = inbox;
    retry_after.clear();
    let events = input.events.iter().zip(players.iter());
    retry_after.extend(events.map(|(event, player)| {
        let EventKind::Message { message, .. } = &event.kind else {
            return None;
        };
        let kind = kind_of(message)?;
        if let ClientMessage::Join(join) = message
            && world
                .resource::<Reservations>()
                .is_of_node(join.ticket.as_deref(), event.session)
        {
            return None;
        }
        let tick = world.resource::<Clock>().tick;
        let player = (*player)?;
        let room = world.get::<InRoom>(player);
        let rates = match room.and_then(|present| world.get::<Room>(present.0)) {
            Some(room) => room.rules.rates,
            None => world.resource::<Setup>().rates,
        };
        let mut throttle = world.get_mut::<Throttle>(player)?;
        throttle.take(kind, &rates, tick).err()
    }));
}

fn kind_of(message: &ClientMessage) -> Option<RequestKind> {
    match message {
        ClientMessage::Move(_) => Some(RequestKind::Moves),
        ClientMessage::Join(_) | ClientMessage::Leave { .. } => Some(RequestKind::Join),
        ClientMessage::Chat(_) => Some(RequestKind::Chat),
        ClientMessage::SetSkin(_) => Some(RequestKind::Skin),
        ClientMessage::SetState(_) => Some(RequestKind::State),
        ClientMessage::Custom(_) | ClientMessage::Act(_) => Some(RequestKind::Custom),
        ClientMessage::Hello(_)
        | ClientMessage::Ping { .. }
        | ClientMessage::Bye
        | ClientMessage::Authenticate(_)
        | ClientMessage::Ack { .. }
        | ClientMessage::Reserve(_) => None,
    }
}

/// Applies rate limits. Then passes each event to its feature, in order: a chat before a leave
/// still reaches the room.
fn serve(world: &mut World) {
    with_taken(world, |world, inbox: &mut Inbox| {
        // Before reservations expire: a join in the last tick of a seat that the node reserved
        // costs no token.
        limit(world, inbox);
        rooms::expire_reservations(world);
        let limits = inbox.players.iter().zip(&inbox.retry_after);
        for (event, (player, limited)) in inbox.input.events.iter_mut().zip(limits) {
            if let EventKind::Reserve(reservation) = &event.kind {
                rooms::reserve(world, event.session, reservation);
                continue;
            }
            // The session may have been closed earlier in this tick.
            let Some(player) = player.filter(|player| world.get::<Player>(*player).is_some()) else {
                continue;
            };
            match (&mut event.kind, *limited) {
                (EventKind::Depart, _) => sessions::depart(world, player),
                (EventKind::Drop, _) => dropped::lose_link(world, player),
                (EventKind::Resume { reset }, _) => dropped::regain_link(world, player, *reset),
                (EventKind::Message { message, .. }, Some(ticks)) => {
                    refuse_message(world, player, message, Refusal::rate_limited(ticks));
                }
                (EventKind::Message { message, early }, None) => {
                    serve_message(world, player, message, *early);
                }
                (EventKind::Arrive(_) | EventKind::Reserve(_) | EventKind::Hold | EventKind::Release, _) => {}
            }
        }
    });
    dropped::end_motions(world);
    rooms::send_room_events(world);
    rooms::announce_endings(world);
    timers::ring_all(world);
}

/// The message is lent mutably, so that its texts pass through a feature without a copy. It is
/// returned unchanged, because a recording keeps it.
fn serve_message(world: &mut World, player: Entity, message: &mut ClientMessage, early: i16) {
    let request = message.request();
    let done = match message {
        ClientMessage::Move(command) => {
            movement::command(world, player, *command, early);
            Ok(())
        }
        ClientMessage::Join(join) => rooms::join(world, player, join),
        ClientMessage::Leave { .. } => rooms::leave_as_asked(world, player, request),
        ClientMessage::Chat(chat) => chat::say(world, player, chat),
        ClientMessage::SetSkin(skin) => skins::set(world, player, skin),
        ClientMessage::SetState(batch) => room_state::write(world, player, batch),
        ClientMessage::Custom(custom) => extend::receive(world, player, custom),
        ClientMessage::Act(act) => extend::receive_action(world, player, act),
        // The node turns a client's reservation into an event, and checks tokens itself.
        ClientMessage::Hello(_)
        | ClientMessage::Reserve(_)
        | ClientMessage::Authenticate(_)
        | ClientMessage::Ack { .. } => Err(Refusal::OutOfOrder),
        ClientMessage::Ping { .. } | ClientMessage::Bye => Ok(()),
    };
    if let Err(refusal) = done {
        refuse_message(world, player, message, refusal);
    }
}

/// Refuses a message. If the node waits for the outcome, also reports the refusal.
fn refuse_message(world: &mut World, player: Entity, message: &ClientMessage, refusal: Refusal) {
    let request = message.request();
    let may_be_gone = matches!(message, ClientMessage::Join(join) if join.mode == JoinMode::Existing);
    let cause = match refusal {
        Refusal::NoSuchRoom if may_be_gone => Cause::Honest(request),
        _ => Cause::Request(request),
    };
    refuse(world, player, cause, refusal);
    let is_awaited = matches!(message, ClientMessage::Join(_) | ClientMessage::Leave { .. });
    let session = world.get::<Player>(player).map(|player| player.session);
    if let Some(session) = session.filter(|_| is_awaited) {
        let reports = &mut world.resource_mut::<Outbox>().out.reports;
        reports.push(Report::JoinRefused { session, request });
    }
}
