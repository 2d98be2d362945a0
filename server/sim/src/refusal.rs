//! Refuses requests. Every refusal is sent and counted here.

use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    message::{Refusal, Refused, Request, ServerMessage},
};

use crate::{
    clock::Clock,
    config::Setup,
    outbox::Outbox,
    player::Player,
    throttle::{RequestKind, Throttle},
};

/// The cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A request of the player. Senseless requests and requests over a rate limit count as strikes.
    /// After too many strikes, the session is closed.
    Request(Request),
    /// A request over a limit that all players of the room share. It is not a strike.
    RoomLimit(Request),
    /// The player walked into a door. It made no request, so this is not a strike.
    Door,
}

/// Sends a refusal to a player and counts it.
pub(crate) fn refuse(world: &mut World, player: Entity, cause: Cause, refusal: Refusal) {
    let Some(session) = world.get::<Player>(player).map(|player| player.session) else {
        return;
    };
    let (request, too_often) = match cause {
        Cause::Request(request) => (request, strike(world, player, &refusal)),
        Cause::RoomLimit(request) => (request, None),
        Cause::Door => (0, None),
    };
    let mut outbox = world.resource_mut::<Outbox>();
    outbox.out.counts.refused.add(refusal.class());
    outbox.send(session, &ServerMessage::Refused(Refused { request, refusal }));
    if let Some(code) = too_often {
        outbox.close(session, code);
    }
}

/// Counts a strike. Returns the close code if there were too many.
fn strike(world: &mut World, player: Entity, refusal: &Refusal) -> Option<CloseCode> {
    let (kind, code) = match refusal {
        Refusal::RateLimited { .. } => (RequestKind::Limited, CloseCode::RateLimited),
        refusal if refusal.is_senseless() => (RequestKind::Senseless, CloseCode::RepeatedlyInvalid),
        _ => return None,
    };
    let (tick, rates) = (
        world.resource::<Clock>().tick,
        world.resource::<Setup>().rules.rates,
    );
    let mut throttle = world.get_mut::<Throttle>(player)?;
    throttle.take(kind, &rates, tick).is_err().then_some(code)
}
