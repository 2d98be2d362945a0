//! The entities of a room that moved in the kept ticks.

use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};

use super::{KeptTicks, PastMotion};
use crate::{clock::Clock, objects::Object, rooms::InRoom};

/// The players and objects of a room that may have moved in the kept ticks, each once. Not state:
/// an entity that is not here is where it was in all of these ticks.
#[derive(Component, Debug, Default)]
pub(crate) struct RecentMovers(Vec<Entity>);

impl RecentMovers {
    /// Returns the entities, in no particular order.
    pub(crate) fn as_slice(&self) -> &[Entity] {
        &self.0
    }

    /// Adds an entity, unless it is here already.
    pub(super) fn add(&mut self, entity: Entity, past: &mut PastMotion) {
        if !past.is_listed() {
            past.set_place(Some(self.0.len() as u32));
            self.0.push(entity);
        }
    }

    /// Keeps the entities for which a function returns `true`.
    pub(super) fn retain(&mut self, mut is_recent: impl FnMut(Entity, u32) -> bool) {
        let mut place = 0;
        self.0.retain(|&entity| {
            let stays = is_recent(entity, place);
            place += u32::from(stays);
            stays
        });
    }
}

/// When an entity leaves its room, or is despawned: forgets its past. What it does in its next room
/// has nothing to do with it.
pub(super) fn forget(mut world: DeferredWorld, context: HookContext) {
    let Some(room) = room_of(&world, context.entity) else {
        return;
    };
    let Some(mut past) = world.get_mut::<PastMotion>(context.entity) else {
        return;
    };
    let place = std::mem::take(&mut *past).place();
    let Some((place, mut movers)) = place.zip(world.get_mut::<RecentMovers>(room)) else {
        return;
    };
    movers.0.swap_remove(place as usize);
    let moved = movers.0.get(place as usize).copied();
    if let Some(mut past) = moved.and_then(|moved| world.get_mut::<PastMotion>(moved)) {
        past.bypass_change_detection().set_place(Some(place));
    }
}

/// Lists the recent movers of a loaded world.
pub(crate) fn rebuild(world: &mut World) {
    let (Some(kept), now) = (
        world.get_resource::<KeptTicks>().copied(),
        world.resource::<Clock>().tick,
    ) else {
        return;
    };
    let mut pasts = world.query::<(Entity, &PastMotion)>();
    let recent: Vec<Entity> = pasts
        .iter(world)
        .filter(|(_, past)| past.is_recent(now, kept.0))
        .map(|(entity, _)| entity)
        .collect();
    for entity in recent {
        let Some(room) = room_of(&world.into(), entity) else {
            continue;
        };
        let Ok([mut room, mut entity_mut]) = world.get_entity_mut([room, entity]) else {
            continue;
        };
        if let (Some(mut movers), Some(mut past)) =
            (room.get_mut::<RecentMovers>(), entity_mut.get_mut::<PastMotion>())
        {
            movers.add(entity, past.bypass_change_detection());
        }
    }
}

fn room_of(world: &DeferredWorld<'_>, entity: Entity) -> Option<Entity> {
    let of_player = world.get::<InRoom>(entity).map(|room| room.0);
    of_player.or_else(|| world.get::<Object>(entity).map(Object::room))
}
