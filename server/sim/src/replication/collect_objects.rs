//! Compares the objects of the world with the records of what was sent.

use bevy_ecs::{prelude::*, schedule::ScheduleConfigs, system::ScheduleSystem};
use parlour_shared::{
    ids::{KindId, Tick},
    snapshot::ObjectIdentity,
};
use serde::Serialize;

use super::{Replica, collect::encode, record::Record};
use crate::{
    changed_rows::for_each_changed,
    clock::Clock,
    movement::Motion,
    objects::{Object, Owner},
};

/// Adds new objects, and copies the motions and owners that changed.
pub(super) fn collect_objects(
    motions: Query<(&Object, Ref<Motion>)>,
    owners: Query<(&Object, Ref<Owner>)>,
    mut replicas: Query<&mut Replica>,
    clock: Res<Clock>,
) {
    // A new object has a changed motion.
    for_each_object(&motions, |object, motion| {
        let Ok(mut replica) = replicas.get_mut(object.room()) else {
            return;
        };
        let identity = ObjectIdentity {
            object: object.id(),
            kind: object.kind(),
            owner: None,
        };
        replica.objects.enter(object.slot(), identity, clock.tick);
        copy(&mut replica, object, clock.tick, |record| {
            record.set_segment(motion.segment(), clock.tick)
        });
    });
    for_each_object(&owners, |object, owner| {
        if let Ok(mut replica) = replicas.get_mut(object.room()) {
            copy(&mut replica, object, clock.tick, |record| {
                record.set_owner(owner.player(), clock.tick)
            });
        }
    });
}

/// The index of a replicated component in each kind of objects that has it.
#[derive(Resource)]
pub(super) struct ComponentIndices<C: Component> {
    by_kind: Vec<(KindId, usize)>,
    component: std::marker::PhantomData<fn(&C)>,
}

impl<C: Component> Default for ComponentIndices<C> {
    fn default() -> Self {
        Self {
            by_kind: Vec::new(),
            component: std::marker::PhantomData,
        }
    }
}

impl<C: Component> ComponentIndices<C> {
    /// Adds a kind.
    pub(super) fn add(&mut self, kind: KindId, index: usize) {
        self.by_kind.push((kind, index));
    }

    fn get(&self, kind: KindId) -> Option<usize> {
        let found = self.by_kind.iter().find(|(known, _)| *known == kind);
        found.map(|(_, index)| *index)
    }
}

/// Returns the system that copies a component of objects into the records.
pub(super) fn object_component<C: Component + Serialize>() -> ScheduleConfigs<ScheduleSystem> {
    let update = |objects: Query<(&Object, Ref<C>)>,
                  mut removed: RemovedComponents<C>,
                  without: Query<&Object, Without<C>>,
                  mut replicas: Query<&mut Replica>,
                  mut encoded: Local<Vec<u8>>,
                  indices: Res<ComponentIndices<C>>,
                  clock: Res<Clock>| {
        let mut set = |object: &Object, index: usize, bytes: &[u8]| {
            if let Ok(mut replica) = replicas.get_mut(object.room()) {
                copy(&mut replica, object, clock.tick, |record| {
                    record.set_component(index, bytes, clock.tick)
                });
            }
        };
        for object in removed.read().filter_map(|entity| without.get(entity).ok()) {
            if let Some(index) = indices.get(object.kind()) {
                set(object, index, &[]);
            }
        }
        for_each_object(&objects, |object, component| {
            if let Some(index) = indices.get(object.kind()) {
                encode(component, &mut encoded);
                set(object, index, &encoded);
            }
        });
    };
    update.into_configs()
}

/// Changes the record of an object, if it has one. `change` returns whether anything changed.
fn copy(replica: &mut Replica, object: &Object, tick: Tick, change: impl FnOnce(&mut Record) -> bool) {
    let objects = &mut replica.objects;
    let record = objects.get_mut(object.slot(), object.id());
    if record.is_some_and(change) {
        objects.mark(object.slot(), tick);
    }
}

/// Calls `changed` with each object whose component changed since the last run of the system.
fn for_each_object<C: Component>(objects: &Query<(&Object, Ref<C>)>, mut changed: impl FnMut(&Object, &C)) {
    let Ok(tables) = objects.contiguous_iter() else {
        // A component with sparse-set storage has no tables.
        let all = objects.iter().filter(|(_, component)| component.is_changed());
        return all.for_each(|(object, component)| changed(object, &component));
    };
    for (objects, components) in tables {
        for_each_changed(&components, |row| changed(&objects[row], &components[row]));
    }
}
