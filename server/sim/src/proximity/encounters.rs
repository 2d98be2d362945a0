//! Encounters on their way into the next tick. They are the one thing that is reported a tick later
//! than it happened, so they are part of the state.

use bevy_ecs::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use super::{CameNear, WentAway};
use crate::state::{Index, StableId};

/// The result of the last checks. It is sent when the next tick starts.
#[derive(Resource, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Encounters {
    all: Vec<Encounter>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Encounter {
    /// Whether they came near, or went away.
    near: bool,
    room: Who,
    one: Who,
    other: Who,
}

/// An entity, and its id that means the same in every run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) id: StableId,
    pub(super) entity: Entity,
}

impl Serialize for Who {
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
    pub(super) fn note(&mut self, near: bool, room: Who, one: Who, other: Who) {
        self.all.push(Encounter {
            near,
            room,
            one,
            other,
        });
    }
}

pub(super) fn restore(saved: Vec<SavedEncounter>, world: &World) -> Option<Encounters> {
    let index = world.resource::<Index>();
    let who = |id| {
        let entity = index.get(id)?;
        Some(Who { id, entity })
    };
    let encounter = |saved: SavedEncounter| {
        Some(Encounter {
            near: saved.near,
            room: who(saved.room)?,
            one: who(saved.one)?,
            other: who(saved.other)?,
        })
    };
    let all = saved.into_iter().map(encounter).collect::<Option<_>>()?;
    Some(Encounters { all })
}

/// Sends the encounters of the last tick to game logic.
pub(super) fn tell(
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
