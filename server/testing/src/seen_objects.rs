//! Objects as clients see them, and as they are in the world.

use bevy_ecs::prelude::*;
use parlour_shared::{
    codec::UNIT_COMPONENT,
    ids::{KindId, Slot, Tick},
    motion::{Gait, Position},
    snapshot::ObjectIdentity,
    view::View,
};
use parlour_sim::{EntityKinds, Motion, Object, ObjectSlots, Owner, Simulation};

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

/// Returns all objects of a room, as they are after the last tick.
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
            components: replicated_components(sim, entity, object.kind()),
        }
    });
    objects.collect()
}

/// Returns the replicated components that an entity of a kind has, as index and bytes.
pub(crate) fn replicated_components(sim: &Simulation, entity: Entity, kind: KindId) -> Vec<(u8, Vec<u8>)> {
    let names = sim
        .world()
        .resource::<EntityKinds>()
        .get(kind)
        .unwrap()
        .components();
    let components = (0..).zip(names);
    let encoded = components.filter_map(|(index, name)| {
        let mut bytes = sim.encoded_part(entity, name)?;
        if bytes.is_empty() {
            bytes.extend_from_slice(UNIT_COMPONENT);
        }
        Some((index, bytes))
    });
    encoded.collect()
}
