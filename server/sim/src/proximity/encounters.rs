//! Encounters, which game logic receives in the tick after the check that found them. So they are
//! part of the state until then.

use bevy_ecs::prelude::*;
use serde::{Deserialize, Serialize};

use super::{CameNear, WentAway};
use crate::{
    state::{EntityIndex, StableEntity, StableId},
    taken::with_taken,
};

/// The encounters that the last checks found. They are sent when the next tick starts.
#[derive(Resource, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Encounters {
    all: Vec<Encounter>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Encounter {
    /// Whether the two players came near; otherwise they went away.
    near: bool,
    room: StableEntity,
    one: StableEntity,
    other: StableEntity,
}

/// The saved form of an encounter.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedEncounter {
    near: bool,
    room: StableId,
    one: StableId,
    other: StableId,
}

impl Encounters {
    /// Notes that two players came near each other, or went away.
    pub(super) fn note(&mut self, near: bool, room: StableEntity, one: StableEntity, other: StableEntity) {
        self.all.push(Encounter {
            near,
            room,
            one,
            other,
        });
    }
}

pub(super) fn restore(saved: Vec<SavedEncounter>, world: &World) -> Option<Encounters> {
    let index = world.resource::<EntityIndex>();
    let stable_entity = |id| {
        let entity = index.get(id)?;
        Some(StableEntity { id, entity })
    };
    let encounter = |saved: SavedEncounter| {
        Some(Encounter {
            near: saved.near,
            room: stable_entity(saved.room)?,
            one: stable_entity(saved.one)?,
            other: stable_entity(saved.other)?,
        })
    };
    let all = saved.into_iter().map(encounter).collect::<Option<_>>()?;
    Some(Encounters { all })
}

/// Sends the encounters of the last tick to game logic.
pub(crate) fn send(world: &mut World) {
    if world.resource::<Encounters>().all.is_empty() {
        return;
    }
    with_taken(world, |world, encounters: &mut Encounters| {
        let pairs = |near| {
            let wanted = encounters
                .all
                .iter()
                .filter(move |encounter| encounter.near == near);
            wanted.map(|found| (found.room.entity, found.one.entity, found.other.entity))
        };
        world.write_message_batch(pairs(true).map(|(room, one, other)| CameNear { room, one, other }));
        world.write_message_batch(pairs(false).map(|(room, one, other)| WentAway { room, one, other }));
        encounters.all.clear();
    });
}
