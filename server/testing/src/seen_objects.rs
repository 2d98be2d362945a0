//! Objects as clients see them, and as they are in the world.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Slot, Tick},
    motion::{Gait, Position},
    snapshot::ObjectIdentity,
    view::View,
};
use parlour_sim::{EntityKinds, Motion, Object, ObjectSlots, Owner, Simulation};

use crate::{Color, Rings, encoded};

/// The visible state of one object at a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenObject {
    /// Its slot in the room.
    pub slot: Slot,
    /// Its id, kind and owner.
    pub identity: ObjectIdentity,
    /// Its position.
    pub place: Position,
    /// Its movement.
    pub gait: Gait,
    /// Its components, as index and bytes.
    pub components: Vec<(u8, Vec<u8>)>,
}

/// Returns the objects in a view, as a client draws them at a tick.
#[must_use]
pub fn seen_objects(view: &View, now: Tick) -> Vec<SeenObject> {
    let seen = view.objects();
    seen.map(|(slot, identity, seen)| SeenObject {
        slot,
        identity: *identity,
        place: seen.segment.at(now),
        gait: seen.segment.gait,
        components: seen.components.to_vec(),
    })
    .collect()
}

/// Returns all objects of a room, as they are after the last tick. Their components must be those
/// of the [`objects_plugin`](crate::objects_plugin).
#[must_use]
pub fn true_objects(sim: &Simulation, room: Entity) -> Vec<SeenObject> {
    let world = sim.world();
    let Some(slots) = world.get::<ObjectSlots>(room) else {
        return Vec::new();
    };
    let objects = slots.iter().map(|(slot, entity)| {
        let object = world.get::<Object>(entity).unwrap();
        let segment = world.get::<Motion>(entity).unwrap().segment();
        SeenObject {
            slot,
            identity: ObjectIdentity {
                object: object.id(),
                kind: object.kind(),
                owner: world.get::<Owner>(entity).unwrap().player(),
            },
            place: segment.at(sim.tick()),
            gait: segment.gait,
            components: components_of(world, entity),
        }
    });
    objects.collect()
}

/// Returns the components that an object has, as index and bytes.
fn components_of(world: &World, entity: Entity) -> Vec<(u8, Vec<u8>)> {
    let kind = world.get::<Object>(entity).unwrap().kind();
    let names = world.resource::<EntityKinds>().get(kind).unwrap().components();
    let components = (0..).zip(names).filter_map(|(index, name)| {
        let bytes = match name.as_str() {
            "color" => encoded(world.get::<Color>(entity)?),
            "rings" => encoded(world.get::<Rings>(entity)?),
            other => panic!("the component {other} is not one of the objects plugin"),
        };
        Some((index, bytes))
    });
    components.collect()
}
