//! Encounters, which game logic receives in the tick after the check that found them. So they are
//! part of the state until then.

use bevy_ecs::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use super::{CameNear, WentAway};
use crate::state::{EntityIndex, StableId};

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

/// An entity with its stable id.
#[derive(Clone, Copy, Debug)]
pub(super) struct StableEntity {
    pub(super) id: StableId,
    pub(super) entity: Entity,
}

impl Serialize for StableEntity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id.serialize(serializer)
    }
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
pub(super) fn send(
    mut encounters: ResMut<Encounters>,
    mut came: MessageWriter<CameNear>,
    mut went: MessageWriter<WentAway>,
) {
    if encounters.all.is_empty() {
        return;
    }
    for encounter in encounters.all.drain(..) {
        let (room, one, other) = (
            encounter.room.entity,
            encounter.one.entity,
            encounter.other.entity,
        );
        if encounter.near {
            came.write(CameNear { room, one, other });
        } else {
            went.write(WentAway { room, one, other });
        }
    }
}
