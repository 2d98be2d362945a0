//! Declares components and resources as part of the state, or as not part of it.

use std::marker::PhantomData;

use bevy_app::App;
use bevy_ecs::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Fold, PartRegistry,
    part::{ComponentPart, ResourcePart, Restore},
};
use crate::digest;

/// Declares that a component is part of the state. The entity needs a [`super::StableId`].
pub(crate) fn component<C: Component + Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    component_as::<C, C>(
        app,
        name,
        |component, fold| fold.value(component),
        |form, _| Some(form),
    );
}

/// Like [`component`], with a custom hash and a saved form whose restoration may need the world.
pub(crate) fn component_as<C, S>(
    app: &mut App,
    name: &'static str,
    hash: fn(&C, &mut Fold),
    restore: Restore<C, S>,
) where
    C: Component + Serialize,
    S: Serialize + DeserializeOwned + 'static,
{
    let form = PhantomData;
    let tag = PartRegistry::component::<C>(app, name, |tag| {
        Box::new(ComponentPart::<C, S> {
            tag,
            hash,
            restore,
            form,
        })
    });
    derived::<digest::Share<C>>(app);
    digest::hash_component::<C>(app, tag, hash);
}

/// Declares that a resource is part of the state. It is hashed in full at each tick in
/// which it changed.
pub(crate) fn resource<R: Resource + Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    resource_as::<R, R>(
        app,
        name,
        |resource, fold| fold.value(resource),
        |form, _| Some(form),
    );
}

/// Like [`resource`], with a custom hash and a saved form whose restoration may need the world.
pub(crate) fn resource_as<R, S>(
    app: &mut App,
    name: &'static str,
    hash: fn(&R, &mut Fold),
    restore: Restore<R, S>,
) where
    R: Resource + Serialize,
    S: Serialize + DeserializeOwned + 'static,
{
    let form = PhantomData;
    let tag = PartRegistry::resource::<R>(app, name, |tag| {
        Box::new(ResourcePart::<R, S> {
            tag,
            hash,
            restore,
            form,
        })
    });
    digest::hash_resource::<R>(app, tag, hash);
}

/// Returns the name under which a component is part of the state, or `None` if it is not.
pub(crate) fn name_of<C: Component>(app: &mut App) -> Option<&'static str> {
    let id = app.world_mut().register_component::<C>();
    app.world().resource::<PartRegistry>().name_of(id)
}

/// Declares that a component or resource is derived from the state, or exists only for
/// presentation.
pub(crate) fn derived<C: Component>(app: &mut App) {
    PartRegistry::derived::<C>(app);
}
