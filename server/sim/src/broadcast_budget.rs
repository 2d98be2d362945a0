//! Limits the bytes that a room broadcasts. A chat or a write to the room's state takes its bytes
//! times its receivers from the room's bucket.
//!
//! Limits per player are not enough: 10 chats of 2 KiB per second to 1,000 listeners are 21 MB per
//! second from one player, and 21 GB from all of them. The bucket limits all players of a room
//! together to [`BroadcastLimit::bytes_per_tick`].

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    message::{Refusal, Request},
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    config::BroadcastLimit,
    refusal::{Cause, refuse},
    rooms::Room,
    state,
};

/// Bytes that a message costs in addition to its texts, for its numbers, the speaker's name and its
/// frame header.
const OVERHEAD: usize = 64;

/// The bucket of a room, stored as the moment at which it is full again: the tick number times the
/// bytes per tick.
#[derive(Component, Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct BroadcastBudget {
    full_at: u64,
}

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Room, BroadcastBudget>();
    state::component::<BroadcastBudget>(app, "talk");
}

impl BroadcastBudget {
    /// Takes this many bytes, or returns the ticks until they are available. A message that costs
    /// more than a full bucket takes all of it.
    fn take(&mut self, bytes: u64, limit: BroadcastLimit, now: Tick) -> Result<(), u32> {
        let per_tick = u64::from(limit.bytes_per_tick);
        let burst = per_tick * u64::from(limit.burst_ticks);
        let now = u64::from(now.0) * per_tick;
        let missing = self.full_at.saturating_sub(now).saturating_add(bytes.min(burst));
        match missing.checked_sub(burst) {
            Some(beyond @ 1..) => Err(u32::try_from(beyond.div_ceil(per_tick)).unwrap_or(u32::MAX)),
            _ => {
                self.full_at = now + missing;
                Ok(())
            }
        }
    }
}

/// Takes the cost of a message with this many bytes of text from the room's bucket. If the bucket
/// has too little, refuses the message, says after what time to try again, and returns `false`. The
/// refusal is not a strike against the sender, because other players may have emptied the bucket.
pub(crate) fn charge(
    world: &mut World,
    room: Entity,
    sender: (Entity, Request),
    text_bytes: usize,
    listeners: u32,
) -> bool {
    let Some(limit) = world.get::<Room>(room).map(|room| room.rules.broadcast) else {
        return false;
    };
    let now = world.resource::<Clock>().tick;
    let bytes = (OVERHEAD + text_bytes) as u64 * u64::from(listeners);
    let Some(mut budget) = world.get_mut::<BroadcastBudget>(room) else {
        return false;
    };
    let Err(ticks) = budget.take(bytes, limit, now) else {
        return true;
    };
    let (player, request) = sender;
    refuse(
        world,
        player,
        Cause::Honest(request),
        Refusal::rate_limited(ticks),
    );
    false
}
