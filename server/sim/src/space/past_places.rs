//! The places of the entities of a room at a past tick.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{KindId, Tick},
    motion::Position,
};

use super::{FoundEntity, KindSet, Rect};
use crate::{
    objects::Object,
    past::PastMotion,
    rooms::{InRoom, Seat},
};

/// What is read of each entity.
pub(super) type MotionData = (
    &'static PastMotion,
    Option<(&'static InRoom, &'static Seat)>,
    Option<&'static Object>,
);

/// Where the entities of a room were at the end of a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct PastPlaces<'a> {
    pub(super) motions: &'a Query<'a, 'a, MotionData>,
    /// The entities of the room that may be somewhere else now.
    pub(super) recent: &'a [Entity],
    pub(super) tick: Tick,
}

impl PastPlaces<'_> {
    /// Returns where an entity of a room was.
    pub(super) fn position_of(&self, room: Entity, entity: Entity) -> Option<Position> {
        let (past, player, object) = self.motions.get(entity).ok()?;
        let own_room = player
            .map(|(room, _)| room.0)
            .or_else(|| object.map(Object::room));
        past.at(self.tick).filter(|_| own_room == Some(room))
    }

    /// Returns whether an entity was where it is now: [`Self::each_recent`] does not find it.
    pub(super) fn is_unmoved(&self, entity: Entity) -> bool {
        let past = self.motions.get(entity);
        past.is_ok_and(|(past, ..)| !past.is_listed() && past.at(self.tick).is_some())
    }

    /// Calls `found` with each entity in a rectangle that may be somewhere else now.
    pub(super) fn each_recent(&self, rect: Rect, kinds: KindSet, found: &mut impl FnMut(FoundEntity)) {
        for &entity in self.recent {
            let Ok((past, player, object)) = self.motions.get(entity) else {
                continue;
            };
            let of_player = player.map(|(_, seat)| (KindId::PLAYER, seat.slot));
            let Some((kind, slot)) =
                of_player.or_else(|| object.map(|object| (object.kind(), object.slot())))
            else {
                continue;
            };
            if let Some(position) = past.at(self.tick)
                && kinds.contains(kind)
                && rect.contains(position)
            {
                found(FoundEntity {
                    entity,
                    kind,
                    slot,
                    position,
                });
            }
        }
    }
}
