//! What belongs to the motion of an entity: its room, its kind, and the walls around it.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, Tick},
    motion::{self, Heading, Surroundings},
};

use super::Motion;
use crate::{
    kinds::Kind,
    objects::Object,
    rooms::{InRoom, Room},
};

/// Returns what can stop bodies of a kind in a room, apart from other bodies.
#[must_use]
pub fn surroundings<'a>(room: &'a Room, kind: &Kind) -> Surroundings<'a> {
    let walls = match kind.passes_walls() {
        true => &room.open_ground,
        false => &room.map.walls,
    };
    Surroundings {
        walls,
        body: kind.size(),
        blockers: &[],
    }
}

/// Changes the heading of an entity of a kind at this tick. If bodies can stop it, only the walk
/// knows where it is at this tick: it then walks with the old heading first.
pub(crate) fn turn(motion: &mut Motion, (room, kind): (&Room, &Kind), heading: Heading, tick: Tick) {
    let around = surroundings(room, kind);
    if kind.is_stopped_by_bodies() {
        let here = motion.segment().at(tick);
        motion.follow(motion::turn(around, here, heading, tick), tick);
    } else {
        motion.turn(around, heading, tick);
    }
}

/// Returns the room and the kind of a player or an object. `None`: the player is in no room.
pub(super) fn place_of(room: Option<&InRoom>, object: Option<&Object>) -> Option<(Entity, KindId)> {
    match object {
        Some(object) => Some((object.room(), object.kind())),
        None => Some((room?.0, KindId::PLAYER)),
    }
}
