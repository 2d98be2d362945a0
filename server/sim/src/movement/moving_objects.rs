//! The objects that move. All other objects cost nothing in a tick.

use bevy_ecs::{prelude::*, system::SystemParam};
use parlour_shared::ids::{Epoch, Slot, Tick};

use super::{Control, CurrentPosition, Motion, motion::review, surroundings::surroundings};
use crate::{
    changed_rows::for_each_changed_mut,
    kinds::EntityKinds,
    objects::{Object, ObjectCount},
    rooms::Room,
};

/// The objects that move or may move again, because they have a heading. It follows from the state.
/// It may also have objects that stopped in this tick, or do not exist any more.
#[derive(Resource, Debug, Default)]
pub(crate) struct MovingObjects {
    list: Vec<Mover>,
    /// By index of the entity: the object in the list.
    listed: Vec<Option<Entity>>,
}

/// An object, with its room and slot. In a saved and loaded world, they are the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mover {
    pub(super) epoch: Epoch,
    pub(super) slot: Slot,
    pub(super) object: Entity,
}

impl MovingObjects {
    /// Returns the objects in the list.
    pub(super) fn iter(&self) -> impl Iterator<Item = Entity> {
        self.list.iter().map(|mover| mover.object)
    }

    /// Adds an object. It leaves the list in a tick in which it has no heading.
    pub(super) fn add(&mut self, entity: Entity, object: &Object) {
        let index = entity.index_u32() as usize;
        if index >= self.listed.len() {
            self.listed.resize(index + 1, None);
        }
        if self.listed[index].replace(entity) != Some(entity) {
            self.list.push(Mover {
                epoch: object.epoch(),
                slot: object.slot(),
                object: entity,
            });
        }
    }

    /// Keeps the objects for which a function returns `true`.
    pub(super) fn retain(&mut self, mut moves: impl FnMut(Mover) -> bool) {
        let Self { list, listed } = self;
        list.retain(|&mover| {
            let moves = moves(mover);
            let place = &mut listed[mover.object.index_u32() as usize];
            if !moves && *place == Some(mover.object) {
                *place = None;
            }
            moves
        });
    }
}

/// What walking needs to know about objects.
#[derive(SystemParam)]
pub(super) struct ObjectWalk<'w, 's> {
    #[allow(clippy::type_complexity, reason = "a query of a system")]
    pub(super) objects: Query<
        'w,
        's,
        (
            Entity,
            &'static Object,
            &'static mut Motion,
            &'static mut CurrentPosition,
        ),
    >,
    pub(super) moving: ResMut<'w, MovingObjects>,
    pub(super) kinds: Res<'w, EntityKinds>,
    count: Res<'w, ObjectCount>,
}

impl ObjectWalk<'_, '_> {
    /// Adds the objects whose motion changed to those that move.
    pub(super) fn notice_changes(&mut self) {
        if self.count.0 == 0 {
            return;
        }
        let Self { objects, moving, .. } = self;
        let tables = objects.contiguous_iter_mut();
        for (entities, objects, motions, _) in tables.expect("all have table storage") {
            for_each_changed_mut(&motions, |row| moving.add(entities[row], &objects[row]));
        }
    }

    /// Moves the objects of a world in which no body stops another. So their order does not matter.
    pub(super) fn walk(&mut self, rooms: &Query<&Room>, controls: &Query<&mut Control>, tick: Tick) {
        self.notice_changes();
        let Self {
            objects,
            moving,
            kinds,
            ..
        } = self;
        moving.retain(|Mover { object: entity, .. }| {
            let Ok((_, object, mut motion, mut position)) = objects.get_mut(entity) else {
                return false;
            };
            if tick >= motion.course.review
                && !controls.get(entity).is_ok_and(Control::is_carried)
                && let Ok(room) = rooms.get(object.room())
                && let Some(kind) = kinds.get(object.kind())
            {
                review(&mut motion, surroundings(room, kind), tick);
            }
            position.set_if_neq(CurrentPosition(motion.segment().at(tick)));
            !motion.segment().gait.heading.is_still()
        });
    }
}
