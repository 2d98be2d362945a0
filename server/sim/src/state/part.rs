//! One part of the state: how it is saved, loaded, hashed and shown.

use std::{collections::BTreeMap, marker::PhantomData};

use bevy_ecs::prelude::*;
use parlour_shared::codec;
use serde::{Serialize, de::DeserializeOwned};

use super::StableId;
use crate::digest;

/// The entities of a world that is being loaded, by stable id.
#[derive(Resource, Debug, Default)]
pub(crate) struct EntityIndex {
    pub(crate) entities: BTreeMap<StableId, Entity>,
}

impl EntityIndex {
    pub(crate) fn get(&self, id: StableId) -> Option<Entity> {
        self.entities.get(&id).copied()
    }
}

/// A kind of component or resource that is part of the state.
pub(crate) trait Part: Send + Sync {
    /// Appends the value, and returns `false` if there is no value. `entity` is `None` for a
    /// resource.
    fn save(&self, world: &World, entity: Option<Entity>, out: &mut Vec<u8>) -> bool;
    /// Inserts a saved value into the world. The error describes why the value is invalid.
    fn load(&self, world: &mut World, entity: Option<Entity>, bytes: &[u8]) -> Result<(), String>;
    /// Recomputes the sum of the part in the state hash.
    fn rehash(&self, world: &mut World);
    /// Returns a saved value as JSON, for people and other tools.
    fn show(&self, bytes: &[u8]) -> Option<serde_json::Value>;
}

/// Converts a saved form to the value. Returns `None` if the form is invalid in this world.
pub(crate) type Restore<T, S> = fn(S, &World) -> Option<T>;

/// A component. `S` is its saved form.
pub(super) struct ComponentPart<C, S> {
    pub(super) tag: usize,
    pub(super) hash: fn(&C, &mut super::Fold),
    pub(super) restore: Restore<C, S>,
    pub(super) form: PhantomData<fn() -> S>,
}

impl<C, S> Part for ComponentPart<C, S>
where
    C: Component + Serialize,
    S: Serialize + DeserializeOwned,
{
    fn save(&self, world: &World, entity: Option<Entity>, out: &mut Vec<u8>) -> bool {
        let component = entity.and_then(|entity| world.get::<C>(entity));
        component.map(|component| codec::encode(component, out)).is_some()
    }

    fn load(&self, world: &mut World, entity: Option<Entity>, bytes: &[u8]) -> Result<(), String> {
        let form = codec::decode_state::<S>(bytes).map_err(|error| error.to_string())?;
        let component = (self.restore)(form, world).ok_or("the value is invalid in this world")?;
        let entity = entity.ok_or("a component without an entity")?;
        world.entity_mut(entity).insert(component);
        Ok(())
    }

    fn rehash(&self, world: &mut World) {
        digest::recount(world, self.tag, self.hash);
    }

    fn show(&self, bytes: &[u8]) -> Option<serde_json::Value> {
        show::<S>(bytes)
    }
}

/// A resource. `S` is its saved form.
pub(super) struct ResourcePart<R, S> {
    pub(super) tag: usize,
    pub(super) hash: fn(&R, &mut super::Fold),
    pub(super) restore: Restore<R, S>,
    pub(super) form: PhantomData<fn() -> S>,
}

impl<R, S> Part for ResourcePart<R, S>
where
    R: Resource + Serialize,
    S: Serialize + DeserializeOwned,
{
    fn save(&self, world: &World, entity: Option<Entity>, out: &mut Vec<u8>) -> bool {
        let resource = world.get_resource::<R>().filter(|_| entity.is_none());
        resource.map(|resource| codec::encode(resource, out)).is_some()
    }

    fn load(&self, world: &mut World, _entity: Option<Entity>, bytes: &[u8]) -> Result<(), String> {
        let form = codec::decode_state::<S>(bytes).map_err(|error| error.to_string())?;
        let resource = (self.restore)(form, world).ok_or("the value is invalid in this world")?;
        world.insert_resource(resource);
        Ok(())
    }

    fn rehash(&self, world: &mut World) {
        digest::recount_resource(world, self.tag, self.hash);
    }

    fn show(&self, bytes: &[u8]) -> Option<serde_json::Value> {
        show::<S>(bytes)
    }
}

fn show<S: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<serde_json::Value> {
    serde_json::to_value(codec::decode_state::<S>(bytes).ok()?).ok()
}
