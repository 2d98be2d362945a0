//! What players ask for, in canonical order: limited first, then handed to the feature that it is for.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    message::{ClientMessage, LeaveReason, Refusal, Request},
};
use parlour_tick::{EventKind, TickInput};

use crate::{
    chat,
    clock::Clock,
    components::{Kind, Player, Throttle},
    extend, movement,
    outbox::Outbox,
    room_state, rooms,
    schedule::{Step, StepSet},
    sessions,
    simulation::Setup,
    skins, state,
};

/// This tick's input, on loan for the step, and beside each event whose it is and whether it may pass.
#[derive(Resource, Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) input: TickInput,
    /// The player of each event, if its session is open.
    pub(crate) players: Vec<Option<Entity>>,
    /// For each event: after how many ticks to try again, if it came too soon.
    limited: Vec<Option<u32>>,
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Inbox>();
    state::derived::<Inbox>(app);
    app.add_systems(Step, (limit, serve).chain().in_set(StepSet::Guard));
}

/// Takes a token for each request.
fn limit(
    mut inbox: ResMut<Inbox>,
    mut throttles: Query<&mut Throttle>,
    clock: Res<Clock>,
    setup: Res<Setup>,
) {
    let Inbox {
        input,
        players,
        limited,
    } = &mut *inbox;
    limited.clear();
    limited.extend(input.events.iter().zip(players).map(|(event, player)| {
        let EventKind::Message { message, .. } = &event.kind else {
            return None;
        };
        let mut throttle = throttles.get_mut((*player)?).ok()?;
        throttle
            .take(kind_of(message)?, &setup.rules.rates, clock.tick)
            .err()
    }));
}

fn kind_of(message: &ClientMessage) -> Option<Kind> {
    match message {
        ClientMessage::Move(_) => Some(Kind::Moves),
        ClientMessage::Join(_) | ClientMessage::Leave { .. } => Some(Kind::Join),
        ClientMessage::Chat(_) => Some(Kind::Chat),
        ClientMessage::SetSkin(_) => Some(Kind::Skin),
        ClientMessage::SetState(_) => Some(Kind::State),
        ClientMessage::Custom(_) => Some(Kind::Custom),
        ClientMessage::Hello(_) | ClientMessage::Ping { .. } | ClientMessage::Bye => None,
    }
}

/// Hands each event to its feature, in order: who chats and then leaves is heard.
fn serve(world: &mut World) {
    world.resource_scope(|world, mut inbox: Mut<Inbox>| {
        let Inbox {
            input,
            players,
            limited,
        } = &mut *inbox;
        for ((event, player), limited) in input.events.iter_mut().zip(players).zip(limited) {
            // Who was closed earlier in this tick is not there any more.
            let Some(player) = player.filter(|player| world.get::<Player>(*player).is_some()) else {
                continue;
            };
            match (&mut event.kind, *limited) {
                (EventKind::Close, _) => sessions::close(world, player),
                (EventKind::Message { message, .. }, Some(ticks)) => {
                    refuse(world, player, message.request(), Refusal::rate_limited(ticks));
                }
                (EventKind::Message { message, early }, None) => {
                    serve_message(world, player, message, *early);
                }
                (EventKind::Open { .. } | EventKind::Hold | EventKind::Release, _) => {}
            }
        }
    });
}

/// The message is lent mutably so that its texts can pass through a feature without being copied; it is
/// given back as it was, because a recording keeps it.
fn serve_message(world: &mut World, player: Entity, message: &mut ClientMessage, early: i16) {
    let request = message.request();
    let done = match message {
        ClientMessage::Move(command) => {
            movement::command(world, player, *command, early);
            Ok(())
        }
        ClientMessage::Join(join) => rooms::join(world, player, join),
        ClientMessage::Leave { .. } => {
            rooms::leave(world, player, request, LeaveReason::Asked).ok_or(Refusal::NotInRoom)
        }
        ClientMessage::Chat(chat) => chat::say(world, player, chat),
        ClientMessage::SetSkin(skin) => skins::set(world, player, skin),
        ClientMessage::SetState(batch) => room_state::write(world, player, batch),
        ClientMessage::Custom(custom) => extend::receive(world, player, custom),
        ClientMessage::Hello(_) => Err(Refusal::OutOfOrder),
        ClientMessage::Ping { .. } | ClientMessage::Bye => Ok(()),
    };
    if let Err(refusal) = done {
        refuse(world, player, request, refusal);
    }
}

/// Answers with the refusal; who is refused again and again is sent away.
pub(crate) fn refuse(world: &mut World, player: Entity, request: Request, refusal: Refusal) {
    let (clock, rates) = (*world.resource::<Clock>(), world.resource::<Setup>().rules.rates);
    let strike = match &refusal {
        Refusal::RateLimited { .. } => Some((Kind::Limited, CloseCode::RateLimited)),
        refusal if refusal.is_senseless() => Some((Kind::Senseless, CloseCode::RepeatedlyInvalid)),
        _ => None,
    };
    let Some(mut throttle) = world.get_mut::<Throttle>(player) else {
        return;
    };
    let too_often = strike
        .filter(|(kind, _)| throttle.take(*kind, &rates, clock.tick).is_err())
        .map(|(_, code)| code);
    let Some(session) = world.get::<Player>(player).map(|player| player.session) else {
        return;
    };
    let mut outbox = world.resource_mut::<Outbox>();
    outbox.refuse(session, request, refusal);
    if let Some(code) = too_often {
        outbox.close(session, code);
    }
}
