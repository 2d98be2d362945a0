//! Saves a world. Equal states are saved as equal bytes, regardless of how they were reached.

use std::collections::BTreeMap;

use bevy_ecs::{prelude::*, query::QueryState};

use super::{PartRegistry, StableId};
use crate::{clock::Clock, digest::Digest};

/// Saves worlds. Reuses its memory.
#[derive(Debug, Default)]
pub(crate) struct Saver {
    query: Option<QueryState<(&'static StableId, Entity)>>,
    order: Vec<(StableId, Entity)>,
}

impl Saver {
    /// Appends the state after the last tick.
    pub(crate) fn save(&mut self, world: &mut World, out: &mut Vec<u8>) {
        let query = self.query.get_or_insert_with(|| world.query());
        self.order.clear();
        self.order
            .extend(query.iter(world).map(|(id, entity)| (*id, entity)));
        self.order.sort_unstable();

        let world = &*world;
        out.extend_from_slice(&world.resource::<Clock>().tick.0.to_le_bytes());
        out.extend_from_slice(&world.resource::<Digest>().hash.to_le_bytes());
        out.extend_from_slice(&(self.order.len() as u32).to_le_bytes());
        for &(id, entity) in &self.order {
            out.extend_from_slice(&id.number().to_le_bytes());
            save_parts(world, Some(entity), out);
        }
        save_parts(world, None, out);
    }
}

/// Appends the components of an entity, or the resources: their number, then tag, length and bytes
/// of each.
fn save_parts(world: &World, entity: Option<Entity>, out: &mut Vec<u8>) {
    let count_at = out.len();
    out.push(0);
    for (tag, part) in world.resource::<PartRegistry>().parts(entity.is_some()) {
        let start = out.len();
        out.push(tag as u8);
        out.extend_from_slice(&[0; 4]);
        let begin = out.len();
        if part.save(world, entity, out) {
            let len = (out.len() - begin) as u32;
            out[begin - 4..begin].copy_from_slice(&len.to_le_bytes());
            out[count_at] += 1;
        } else {
            out.truncate(start);
        }
    }
}

/// Returns a part of an entity in the binary encoding, as it is saved.
pub(crate) fn encode_part(world: &World, entity: Entity, name: &str) -> Option<Vec<u8>> {
    let registry = world.resource::<PartRegistry>();
    let (_, part) = registry
        .named_parts_of_entities()
        .find(|(known, _)| *known == name)?;
    let mut bytes = Vec::new();
    let is_there = world.get_entity(entity).is_ok() && part.save(world, Some(entity), &mut bytes);
    is_there.then_some(bytes)
}

/// Returns the parts of an entity by name, as JSON.
pub(crate) fn show_entity(world: &World, entity: Entity) -> BTreeMap<&'static str, serde_json::Value> {
    let registry = world.resource::<PartRegistry>();
    let mut bytes = Vec::new();
    let parts = registry.named_parts_of_entities().filter_map(|(name, part)| {
        bytes.clear();
        let is_there = world.get_entity(entity).is_ok() && part.save(world, Some(entity), &mut bytes);
        Some((name, is_there.then(|| part.show(&bytes)).flatten()?))
    });
    parts.collect()
}
