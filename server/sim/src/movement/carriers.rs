//! Carried players and objects follow their carriers.

use bevy_ecs::prelude::*;
use parlour_shared::motion::{Course, Position, Segment};

use super::{
    Control, CurrentPosition, Motion,
    control::CarrierLink,
    motion::REVIEW_AT_ONCE,
    surroundings::{place_of, surroundings},
};
use crate::{
    clock::Clock,
    kinds::EntityKinds,
    objects::Object,
    rooms::{InRoom, Room},
    state::{StableId, StableIds},
};

/// A carrier may itself be carried, but not through more carriers than this.
const MOST_CARRIERS: usize = 8;

type Mover<'a> = (
    Option<&'a InRoom>,
    Option<&'a Object>,
    &'a mut Motion,
    &'a mut CurrentPosition,
);

/// A carried entity.
#[derive(Clone, Copy)]
pub(super) struct Carried {
    entity: Entity,
    link: CarrierLink,
    /// Whom it follows, and at which offset. `None`: it is put down.
    leader: Option<(Entity, Position)>,
}

/// Moves carried entities with their carriers, and puts down those whose carrier is gone.
///
/// The order of entities in memory is not the same in a loaded world, so it must not matter: all
/// leaders are found before anything changes, and those that are put down move before those that
/// follow. A leader does not follow anything itself.
pub(super) fn follow_carriers(
    mut controls: Query<(Entity, &mut Control)>,
    mut movers: Query<Mover<'_>>,
    rooms: Query<&Room>,
    (kinds, ids, clock): (Res<EntityKinds>, Res<StableIds>, Res<Clock>),
    mut carried: Local<Vec<Carried>>,
) {
    let tick = clock.tick;
    let link_of = |entity| controls.get(entity).ok()?.1.carried();
    let room_of = |entity| {
        let (room, object, ..) = movers.get(entity).ok()?;
        place_of(room, object).map(|(room, _)| room)
    };
    carried.clear();
    carried.extend(controls.iter().filter_map(|(entity, control)| {
        let link = control.carried()?;
        let leader = leader_of(entity, link_of, room_of, &ids);
        Some(Carried { entity, link, leader })
    }));
    for Carried { entity, link, .. } in carried.iter().filter(|carried| carried.leader.is_none()) {
        let (Ok((room, object, mut motion, mut position)), Ok((_, mut control))) =
            (movers.get_mut(*entity), controls.get_mut(*entity))
        else {
            continue;
        };
        let Some((room, kind)) = place_of(room, object) else {
            continue;
        };
        if let (Ok(room), Some(kind)) = (rooms.get(room), kinds.get(kind)) {
            let heading = control.end_carrying();
            motion.put_down(surroundings(room, kind), link.offset, heading, tick);
        }
        position.set_if_neq(CurrentPosition(motion.segment().at(tick)));
    }
    for Carried { entity, leader, .. } in &*carried {
        let Some((leader, offset)) = *leader else {
            continue;
        };
        let Ok(segment) = movers.get(leader).map(|(_, _, motion, _)| motion.segment()) else {
            continue;
        };
        let Ok((_, _, mut motion, mut position)) = movers.get_mut(*entity) else {
            continue;
        };
        let segment = Segment {
            position: plus(segment.position, offset),
            ..segment
        };
        if motion.segment() != segment {
            // Nothing reviews it while it is carried. If it loses its `Control`, walls apply again.
            let review = REVIEW_AT_ONCE;
            motion.follow(Course { segment, review }, tick);
        }
        position.set_if_neq(CurrentPosition(segment.at(tick)));
    }
}

/// Returns whom a carried entity follows, and at which offset: the first one in the chain of its
/// carriers that nobody carries, or whose carrier is gone. `None`: it is put down, because its own
/// carrier is gone, or because the chain is too long or a circle.
fn leader_of(
    entity: Entity,
    link_of: impl Fn(Entity) -> Option<CarrierLink>,
    room_of: impl Fn(Entity) -> Option<Entity>,
    ids: &StableIds,
) -> Option<(Entity, Position)> {
    let room = room_of(entity)?;
    let in_room = |id: StableId| ids.find(id).filter(|carrier| room_of(*carrier) == Some(room));
    let (mut leader, mut offset) = (entity, Position::default());
    for _ in 0..=MOST_CARRIERS {
        let link = link_of(leader);
        let Some((carrier, link)) = link.and_then(|link| Some((in_room(link.carrier)?, link))) else {
            return (leader != entity).then_some((leader, offset));
        };
        (leader, offset) = (carrier, plus(offset, link.offset));
    }
    None
}

fn plus(a: Position, b: Position) -> Position {
    Position {
        x: a.x.wrapping_add(b.x),
        y: a.y.wrapping_add(b.y),
    }
}
