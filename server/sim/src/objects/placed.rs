//! The objects that a map places in each new room.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bevy_ecs::{prelude::*, system::SystemState};
use parlour_shared::map::{Map, MapObject};

use super::spawn::{Objects, SpawnError, SpawnedObject};
use crate::rooms::Room;

/// Adds the components of an object that a map places.
pub(crate) type WhenPlaced = Arc<dyn Fn(&MapObject, &mut SpawnedObject<'_>) + Send + Sync>;

/// For some kinds, by name: what game logic adds to the objects that a map places.
#[derive(Resource, Default)]
pub(crate) struct PlacedKinds(BTreeMap<String, WhenPlaced>);

impl PlacedKinds {
    pub(crate) fn add(&mut self, kind: &str, when_placed: WhenPlaced) {
        self.0.insert(kind.to_owned(), when_placed);
    }
}

impl fmt::Debug for PlacedKinds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Spawns the objects of the map in a new room, in the order of the map. Objects of classes that
/// are no kinds are left out: the server reports them at its start. So are objects beyond the rule
/// `max_objects`, which game logic may have narrowed for this room.
pub(super) fn place(world: &mut World, room: Entity) {
    let Some(map) = world.get::<Room>(room).map(|room| Arc::clone(&room.map)) else {
        return;
    };
    if !map.objects.is_empty() {
        place_all(world, room, &map);
    }
}

fn place_all(world: &mut World, room: Entity, map: &Map) {
    world.resource_scope(|world, kinds: Mut<'_, PlacedKinds>| {
        let mut state = SystemState::<Objects>::new(world);
        let objects = state.get_mut(world);
        let mut objects = objects.expect("every world has the resources that it needs");
        for placed in &map.objects {
            match objects.spawn(room, &placed.class, placed.position) {
                Ok(mut spawned) => {
                    if let Some(when_placed) = kinds.0.get(&placed.class) {
                        when_placed(placed, &mut spawned);
                    }
                }
                Err(SpawnError::UnknownKind) => {}
                Err(SpawnError::NoSuchRoom | SpawnError::RoomFull | SpawnError::OutOfIds) => break,
            }
        }
        state.apply(world);
    });
}
