//! What players carry from world to world: components that game logic declares as travelling, and
//! those of other worlds that this one does not know.

use std::collections::BTreeMap;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::codec;
use parlour_tick::{Arrival, Carried};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::state;

/// The travelling components, by name.
#[derive(Resource, Debug, Default)]
pub(crate) struct Travelling {
    components: BTreeMap<&'static str, TravellingComponent>,
}

#[derive(Clone, Copy, Debug)]
struct TravellingComponent {
    pack: fn(&World, Entity) -> Option<Vec<u8>>,
    unpack: fn(&mut World, Entity, &[u8]),
}

/// The carried components whose names this world does not know. They are passed on when the player
/// leaves.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Luggage {
    unknown: BTreeMap<String, Vec<u8>>,
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Travelling>();
    state::derived::<Travelling>(app);
    state::component::<Luggage>(app, "luggage");
}

/// Declares a component as travelling.
pub(crate) fn declare<C: Component + Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    match state::name_of::<C>(app) {
        None => state::component::<C>(app, name),
        Some(known) => assert!(
            known == name,
            "the component {} is part of the state as {known}, and cannot travel as {name}",
            std::any::type_name::<C>()
        ),
    }
    let mut travelling = app.world_mut().resource_mut::<Travelling>();
    let component = TravellingComponent {
        pack: pack::<C>,
        unpack: unpack::<C>,
    };
    let before = travelling.components.insert(name, component);
    assert!(before.is_none(), "{name} is declared as travelling twice");
    assert!(
        travelling.components.len() <= Arrival::MAX_CARRIED,
        "at most {} components can travel; {name} is one too many",
        Arrival::MAX_CARRIED
    );
}

fn pack<C: Component + Serialize>(world: &World, player: Entity) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    codec::encode(world.get::<C>(player)?, &mut value);
    Some(value)
}

fn unpack<C: Component + DeserializeOwned>(world: &mut World, player: Entity, value: &[u8]) {
    if let Ok(component) = codec::decode_state::<C>(value) {
        world.entity_mut(player).insert(component);
    }
}

/// Returns what a player takes into the next world. A value that is too long stays behind, and so
/// do the last ones of other worlds if there are too many.
pub(crate) fn leave_with(world: &World, player: Entity) -> Vec<Carried> {
    let own = &world.resource::<Travelling>().components;
    let mut carried: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for (name, component) in own {
        let value = (component.pack)(world, player);
        if let Some(value) = value.filter(|value| value.len() <= Arrival::MAX_CARRIED_BYTES) {
            carried.insert(name, value);
        }
    }
    if let Some(luggage) = world.get::<Luggage>(player) {
        let room = Arrival::MAX_CARRIED.saturating_sub(carried.len());
        let unknown = luggage.unknown.iter().take(room);
        carried.extend(unknown.map(|(name, value)| (name.as_str(), value.clone())));
    }
    let carried = carried.into_iter().map(|(name, value)| Carried {
        name: name.to_owned(),
        value,
    });
    carried.collect()
}

/// Adds to a player what it carried into this world. A value that does not decode is dropped.
pub(crate) fn arrive_with(world: &mut World, player: Entity, carried: &[Carried]) {
    let mut luggage = Luggage::default();
    for Carried { name, value } in carried.iter().take(Arrival::MAX_CARRIED) {
        if value.len() > Arrival::MAX_CARRIED_BYTES {
            continue;
        }
        let known = world.resource::<Travelling>().components.get(name.as_str());
        match known.copied() {
            Some(component) => (component.unpack)(world, player, value),
            None => drop(luggage.unknown.insert(name.clone(), value.clone())),
        }
    }
    if !luggage.unknown.is_empty() {
        world.entity_mut(player).insert(luggage);
    }
}
