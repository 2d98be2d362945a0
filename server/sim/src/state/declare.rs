//! Declaring what is state, and what is not.

use std::marker::PhantomData;

use bevy_app::App;
use bevy_ecs::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Fold, Inventory,
    part::{ComponentPart, ResourcePart, Restore},
};
use crate::digest;

/// Declares a component to be part of the state. The entity needs a [`super::StableId`].
pub(crate) fn component<C: Component + Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    component_as::<C, C>(
        app,
        name,
        |component, fold| fold.value(component),
        |form, _| Some(form),
    );
}

/// The same for one that is hashed by other means than its saved form, or saved in a form that takes a look at the
/// world to come back from.
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
    let tag = Inventory::component::<C>(app, name, |tag| {
        Box::new(ComponentPart::<C, S> {
            tag,
            hash,
            restore,
            form,
        })
    });
    digest::hash_component::<C>(app, tag, hash);
}

/// Declares a resource to be part of the state. It is hashed in full at every tick.
pub(crate) fn resource<R: Resource + Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    resource_as::<R, R>(app, name, |form, _| Some(form));
}

/// The same for one that is saved in a form that takes a look at the world to come back from.
pub(crate) fn resource_as<R, S>(app: &mut App, name: &'static str, restore: Restore<R, S>)
where
    R: Resource + Serialize,
    S: Serialize + DeserializeOwned + 'static,
{
    let form = PhantomData;
    let tag = Inventory::resource::<R>(app, name, |tag| {
        Box::new(ResourcePart::<R, S> { tag, restore, form })
    });
    digest::hash_resource::<R>(app, tag);
}

/// Declares a component or resource to be derived from the state, or made for presentation only.
pub(crate) fn derived<C: Component>(app: &mut App) {
    Inventory::derived::<C>(app);
}
