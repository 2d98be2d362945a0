//! Game logic with objects, which the sessions of a test order.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, PlayerId, Slot},
    motion::Position,
};
use parlour_sim::{
    FollowPaths, FromPlayer, InRoom, MaySleep, Object, ObjectKind, ObjectSlots, Objects, Owner, OwnerLeaves,
    Owners, Rooms, Route, SimulationApp, StepSet, TickSchedule,
};
use serde::{Deserialize, Serialize};

/// The color of a chair or a bell.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Color(pub u32);

/// How often a bell was rung.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rings(pub u8);

/// What a session orders: the body of the message `order`. Positions are in units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ObjectOrder {
    /// Spawn an object in the room of the session.
    Spawn {
        /// The name of its kind.
        kind: String,
        /// Where.
        place: Position,
        /// Its color, if it has one.
        color: Option<Color>,
    },
    /// Despawn an object of the room.
    Despawn(ObjectId),
    /// Change the color of an object, or remove the color.
    Paint(ObjectId, Option<Color>),
    /// Ring a bell.
    Ring(ObjectId),
    /// Make the session the owner of an object, if it has no other one.
    Take(ObjectId, OwnerLeaves),
    /// Release an object of the session.
    Release(ObjectId),
    /// Spawn a chair that belongs to a player from the start.
    SpawnOwned(Position, PlayerId, OwnerLeaves),
    /// Spawn a chair that walks with this speed, in a world that follows paths.
    SpawnWalker(Position, u16),
    /// Send an object that walks to a position, or stop it.
    Walk(ObjectId, Option<Position>),
}

/// Kinds of objects, and the message `order`, with which sessions spawn and change them:
///
/// * `chair`: 16 x 16 px, with the component `color`
/// * `bell`: seen up to 600 px, with the components `color` and `rings`
pub fn objects_plugin(app: &mut App) {
    app.object_kind(ObjectKind::new("chair").with::<Color>("color"));
    app.object_kind(
        ObjectKind::new("bell")
            .size_px(8, 24)
            .near_px(600)
            .with::<Rings>("rings")
            .with::<Color>("color"),
    );
    app.player_message::<ObjectOrder>("order");
    app.configure_sets(
        TickSchedule,
        ObeyOrders.in_set(StepSet::Simulate).before(FollowPaths),
    );
    app.add_systems(TickSchedule, obey.in_set(ObeyOrders).in_set(MaySleep));
}

/// In [`StepSet::Simulate`]: orders of sessions are carried out.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObeyOrders;

pub(crate) fn obey(
    mut orders: MessageReader<FromPlayer<ObjectOrder>>,
    players: Query<&InRoom>,
    slots: Query<(Entity, &Object)>,
    rings: Query<&Rings>,
    mut objects: Objects,
    (mut owners, mut routes): (Owners, Query<&mut Route>),
    mut commands: Commands,
) {
    for order in orders.read() {
        let Ok(room) = players.get(order.player).map(|room| room.0) else {
            continue;
        };
        let find = |id: ObjectId| {
            let found = slots
                .iter()
                .find(|(_, object)| object.id() == id && object.room() == room);
            found.map(|(entity, _)| entity)
        };
        match &order.message {
            ObjectOrder::Spawn { kind, place, color } => {
                let Ok(mut spawned) = objects.spawn(room, kind, *place) else {
                    continue;
                };
                if kind == "bell" {
                    spawned.insert(Rings(0));
                }
                if let Some(color) = color {
                    spawned.insert(*color);
                }
            }
            ObjectOrder::Despawn(id) => {
                if let Some(object) = find(*id) {
                    commands.entity(object).try_despawn();
                }
            }
            ObjectOrder::Paint(id, color) => {
                let Some(object) = find(*id) else { continue };
                match color {
                    Some(color) => commands.entity(object).try_insert(*color),
                    None => commands.entity(object).try_remove::<Color>(),
                };
            }
            ObjectOrder::Ring(id) => {
                let Some(object) = find(*id) else { continue };
                if let Ok(rings) = rings.get(object) {
                    let rings = Rings(rings.0.wrapping_add(1));
                    commands.entity(object).try_insert(rings);
                }
            }
            ObjectOrder::Take(id, leaves) => {
                let Some(object) = find(*id) else { continue };
                let _ = owners.take(object, order.player, *leaves);
            }
            ObjectOrder::Release(id) => {
                let Some(object) = find(*id) else { continue };
                let _ = owners.release(object, order.player);
            }
            ObjectOrder::SpawnOwned(place, player, leaves) => {
                if let Ok(mut spawned) = objects.spawn(room, "chair", *place) {
                    spawned.insert(Owner::of(*player, *leaves));
                }
            }
            ObjectOrder::SpawnWalker(place, speed) => {
                if let Ok(mut spawned) = objects.spawn(room, "chair", *place) {
                    spawned.insert(Route::new(*speed));
                }
            }
            ObjectOrder::Walk(id, target) => {
                let Some(mut route) = find(*id).and_then(|object| routes.get_mut(object).ok()) else {
                    continue;
                };
                match target {
                    Some(target) => route.go_to(*target),
                    None => route.stop(),
                }
            }
        }
    }
}

/// Returns the objects of a room, by slot.
#[must_use]
pub fn objects_in(world: &World, room: &str) -> Vec<(Slot, Object)> {
    let room = world.resource::<Rooms>().get(room).unwrap();
    let slots = world.get::<ObjectSlots>(room).unwrap();
    slots
        .iter()
        .map(|(slot, entity)| (slot, *world.get::<Object>(entity).unwrap()))
        .collect()
}
