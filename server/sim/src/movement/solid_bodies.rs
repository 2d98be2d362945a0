//! The solid bodies of a room: where they are while the entities of the room walk, one after the
//! other.

use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};
use parlour_shared::{
    ids::{KindId, Slot, Tick},
    motion::{Blocker, Bounds, Position, Surroundings, UNITS_PER_PX, Velocity},
};
use serde::{Deserialize, Serialize};

use super::MovingObjects;
use crate::{
    clock::Clock,
    kinds::{EntityKinds, Kind},
    objects::Object,
    space::{Rect, RestingIndex, SlotPosition},
};

/// An object with this component stops nobody, whatever its kind: a door that is open. Part of the
/// state of a world in which some kind is stopped by others.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passable;

/// The bodies of a room that stop bodies of some kind. It follows from the state. Rooms have it in
/// a world in which bodies stop bodies.
#[derive(Component, Debug, Default)]
pub(crate) struct SolidBodies {
    by_kind: Vec<(KindId, RestingIndex)>,
    /// The last tick in which a body came, went or moved.
    changed_at: Tick,
}

/// The width of the areas that are searched, about: a body, two steps and a tile on each side.
const REACH: i32 = 80 * UNITS_PER_PX;

impl SolidBodies {
    /// Adds a body, or moves it.
    pub(super) fn put(&mut self, kind: KindId, slot: Slot, position: Position, tick: Tick) {
        let slot = within_kind(slot);
        let at = self.by_kind.iter().position(|(known, _)| *known == kind);
        let at = at.unwrap_or_else(|| {
            self.by_kind.push((kind, RestingIndex::new(REACH)));
            self.by_kind.len() - 1
        });
        let index = &mut self.by_kind[at].1;
        let before = index.position(slot);
        if before.is_none() {
            // So that no move allocates memory.
            index.reserve(index.len() + 1, slot.index() + 1);
        }
        if before != Some(position) {
            index.insert(SlotPosition { slot, position });
            self.changed_at = tick;
        }
    }

    /// Removes a body, if it is there.
    pub(crate) fn remove(&mut self, kind: KindId, slot: Slot, tick: Tick) {
        let index = self.by_kind.iter_mut().find(|(known, _)| *known == kind);
        let removed = index.and_then(|(_, index)| index.remove(within_kind(slot)));
        if removed.is_some() {
            self.changed_at = tick;
        }
    }

    /// Returns whether a course that was computed in the previous tick may be wrong, because a body
    /// came, went or moved since then.
    pub(super) fn have_changed(&self, tick: Tick) -> bool {
        self.changed_at.after(1) >= tick
    }

    /// Adds the bodies near an entity that stop it. `ground` is what is around it apart from them.
    pub(super) fn around<'a>(
        &self,
        ground: Surroundings<'a>,
        entity: Body<'_>,
        (position, velocity): (Position, Velocity),
        blockers: &'a mut Vec<Blocker>,
    ) -> Surroundings<'a> {
        blockers.clear();
        let reach = Surroundings::reach(ground.walls, ground.body, position, velocity);
        for (id, index) in &self.by_kind {
            let other = entity.kinds.get(*id);
            let Some(other) = other.filter(|other| entity.kind.is_stopped_by(other)) else {
                continue;
            };
            let own = (*id == entity.id).then_some(within_kind(entity.slot));
            let size = other.size();
            index.in_rect(rect_of(reach).grown(size.into()), |slot, position| {
                if own != Some(slot) {
                    blockers.push(Blocker {
                        bounds: size.at(position),
                        moves: false,
                    });
                }
            });
        }
        Surroundings { blockers, ..ground }
    }
}

/// An entity among solid bodies.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) kinds: &'a EntityKinds,
    pub(super) id: KindId,
    pub(super) kind: &'a Kind,
    pub(super) slot: Slot,
}

/// The slot as an index into the slots of its kind. The tables of an index are as long as the
/// largest slot.
fn within_kind(slot: Slot) -> Slot {
    slot.object_index().map_or(slot, |index| Slot(index as u16))
}

fn rect_of(bounds: Bounds) -> Rect {
    let Bounds {
        left,
        top,
        right,
        bottom,
    } = bounds;
    Rect {
        left,
        top,
        right,
        bottom,
    }
}

/// Removes the body of an object that becomes passable.
pub(super) fn open(mut world: DeferredWorld, context: HookContext) {
    let tick = world.resource::<Clock>().tick;
    if let Some(object) = world.get::<Object>(context.entity).copied() {
        forget(&mut world, &object, tick);
    }
}

/// Lets an object that is not passable any more be added when the entities walk next.
pub(super) fn close(mut world: DeferredWorld, context: HookContext) {
    if let Some(object) = world.get::<Object>(context.entity).copied() {
        world.resource_mut::<MovingObjects>().add(context.entity, &object);
    }
}

/// Removes the body of an object from its room.
pub(crate) fn forget(world: &mut DeferredWorld, object: &Object, tick: Tick) {
    if let Some(mut bodies) = world.get_mut::<SolidBodies>(object.room()) {
        bodies.remove(object.kind(), object.slot(), tick);
    }
}
