//! Refuses requests. Every refusal is sent and counted here.

use bevy_ecs::prelude::*;
use parlour_shared::{
    close::CloseCode,
    ids::SessionId,
    message::{Refusal, Refused, Request, ServerMessage},
};

use crate::{
    clock::Clock,
    config::RateLimits,
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
    /// A request that an honest client may make: it is over a limit that all players of the room
    /// share, or names a room that has just been removed. It is not a strike.
    Honest(Request),
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
        Cause::Honest(request) => (request, None),
        Cause::Door => (0, None),
    };
    refuse_session(world, session, request, refusal);
    if let Some(code) = too_often {
        world.resource_mut::<Outbox>().close(session, code);
    }
}

/// Sends a refusal to a session that need not have a player in this world, and counts it.
pub(crate) fn refuse_session(world: &mut World, session: SessionId, request: Request, refusal: Refusal) {
    let mut outbox = world.resource_mut::<Outbox>();
    outbox.out.counts.refused.add(refusal.class());
    outbox.send(session, &ServerMessage::Refused(Refused { request, refusal }));
}

/// Counts a strike. Returns the close code if there were too many.
fn strike(world: &mut World, player: Entity, refusal: &Refusal) -> Option<CloseCode> {
    let (kind, code) = match refusal {
        Refusal::RateLimited { .. } => (RequestKind::Limited, CloseCode::RateLimited),
        refusal if refusal.is_senseless() => (RequestKind::Senseless, CloseCode::RepeatedlyInvalid),
        _ => return None,
    };
    let tick = world.resource::<Clock>().tick;
    let mut throttle = world.get_mut::<Throttle>(player)?;
    // The limits of rooms do not affect these two counts.
    let taken = throttle.take(kind, &RateLimits::default(), tick);
    taken.is_err().then_some(code)
}
