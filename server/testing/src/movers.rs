//! Game logic with objects that move, which the sessions of a test order.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::ObjectId,
    motion::{Position, Velocity},
};
use parlour_sim::{
    Clock, Control, FromPlayer, InRoom, MaySleep, Object, ObjectKind, Objects, Passable, SimulationApp,
    StableId, Steer, StepSet, TickSchedule, Walk,
};
use serde::{Deserialize, Serialize};

use crate::{ObeyOrders, objects};

/// What a session orders: the body of the message `mover`. Positions are in units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum MoverOrder {
    /// Spawn an object that moves, in the room of the session.
    Launch {
        /// The name of its kind.
        kind: String,
        /// Where.
        place: Position,
        /// How fast.
        velocity: Velocity,
    },
    /// Despawn an object of the room.
    Despawn(ObjectId),
    /// Change the velocity of an object.
    Turn(ObjectId, Velocity),
    /// Teleport an object.
    Teleport(ObjectId, Position),
    /// Teleport the player of the session.
    TeleportMe(Position),
    /// Let an object stop nobody, or stop others again.
    SetPassable(ObjectId, bool),
    /// Push an object for some ticks.
    Push(ObjectId, Velocity, u32),
    /// Let an object carry the player of the session.
    Ride(ObjectId, Position),
    /// Let the player of the session carry an object.
    PickUp(ObjectId, Position),
    /// End the carrying of the player.
    GetOff,
    /// End the carrying of an object.
    PutDown(ObjectId),
}

/// Kinds of objects that move, and the message `mover`:
///
/// * `ball`: 8 x 8 px
/// * `cart`: 40 x 24 px
/// * `ghost`: 24 x 60 px, passes walls
pub fn movers_plugin(app: &mut App) {
    app.object_kind(ObjectKind::new("ball").size_px(8, 8));
    app.object_kind(ObjectKind::new("cart").size_px(40, 24));
    app.object_kind(ObjectKind::new("ghost").size_px(24, 60).passes_walls());
    obey_orders(app);
}

/// Solid bodies, and the message `mover`. Each kind stops kinds of another size or speed:
///
/// * players: layer 1, stopped by 1 and 2
/// * `crate`: 16 x 16 px, layer 2, stopped by 1 and 2
/// * `gate`: 48 x 8 px, layer 2
/// * `truck`: 30 x 20 px, layer 3, stopped by 1, 2 and 3
/// * `ball`: 6 x 6 px, layer 0, stopped by 2
/// * `spirit`: 20 x 20 px, layer 2, passes walls, stopped by 3
pub fn solids_plugin(app: &mut App) {
    app.player_layer(1).players_stopped_by(&[1, 2]);
    app.object_kind(ObjectKind::new("crate").layer(2).stopped_by(&[1, 2]));
    app.object_kind(ObjectKind::new("gate").size_px(48, 8).layer(2));
    app.object_kind(
        ObjectKind::new("truck")
            .size_px(30, 20)
            .layer(3)
            .stopped_by(&[1, 2, 3]),
    );
    app.object_kind(ObjectKind::new("ball").size_px(6, 6).stopped_by(&[2]));
    app.object_kind(
        ObjectKind::new("spirit")
            .size_px(20, 20)
            .layer(2)
            .stopped_by(&[3])
            .passes_walls(),
    );
    obey_orders(app);
}

fn obey_orders(app: &mut App) {
    app.control_motion().player_message::<MoverOrder>("mover");
    app.configure_sets(TickSchedule, ObeyOrders.in_set(StepSet::Simulate));
    // So both kinds of orders can be used together.
    let obey = obey.after(objects::obey).before(Walk);
    let obey = obey.in_set(ObeyOrders).in_set(MaySleep);
    app.add_systems(TickSchedule, obey);
}

fn obey(
    mut orders: MessageReader<FromPlayer<MoverOrder>>,
    players: Query<(&InRoom, &StableId)>,
    slots: Query<(Entity, &Object)>,
    mut controls: Query<&mut Control>,
    mut objects: Objects,
    (mut steer, mut commands): (Steer, Commands),
    clock: Res<Clock>,
) {
    for order in orders.read() {
        let Ok((room, me)) = players.get(order.player) else {
            continue;
        };
        let find = |id: ObjectId| {
            let found = slots
                .iter()
                .find(|(_, object)| object.id() == id && object.room() == room.0);
            found.map(|(entity, _)| entity)
        };
        let mut control = |entity: Option<Entity>, change: &dyn Fn(&mut Control)| {
            let Some(entity) = entity else { return };
            match controls.get_mut(entity) {
                Ok(mut control) => change(&mut control),
                Err(_) => {
                    let mut control = Control::default();
                    change(&mut control);
                    commands.entity(entity).try_insert(control);
                }
            }
        };
        match order.message.clone() {
            MoverOrder::Launch {
                kind,
                place,
                velocity,
            } => drop(objects.spawn_moving(room.0, &kind, place, velocity)),
            MoverOrder::Despawn(id) => {
                if let Some(object) = find(id) {
                    commands.entity(object).try_despawn();
                }
            }
            MoverOrder::Turn(id, velocity) => {
                find(id).map(|object| steer.set_velocity(object, velocity));
            }
            MoverOrder::Teleport(id, place) => {
                find(id).map(|object| steer.teleport(object, place));
            }
            MoverOrder::TeleportMe(place) => {
                steer.teleport(order.player, place);
            }
            MoverOrder::SetPassable(id, passable) => {
                let Some(object) = find(id) else { continue };
                match passable {
                    true => commands.entity(object).try_insert(Passable),
                    false => commands.entity(object).try_remove::<Passable>(),
                };
            }
            MoverOrder::Push(id, velocity, ticks) => {
                control(find(id), &|control| control.push(clock.tick, velocity, ticks));
            }
            MoverOrder::Ride(id, offset) => {
                let carrier = StableId::object(id);
                control(Some(order.player), &|control| control.carry(carrier, offset));
            }
            MoverOrder::PickUp(id, offset) => {
                control(find(id), &|control| control.carry(*me, offset));
            }
            MoverOrder::GetOff => control(Some(order.player), &|control| control.put_down()),
            MoverOrder::PutDown(id) => control(find(id), &|control| control.put_down()),
        }
    }
}
