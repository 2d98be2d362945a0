//! Game logic that moves objects, as the sessions of a test order.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::ObjectId,
    motion::{Heading, Position, Velocity},
};
use parlour_sim::{
    Clock, FromPlayer, MaySleep, Motion, Object, Room, SimulationApp, StepSet, TickSchedule, Walk,
};
use serde::{Deserialize, Serialize};

use crate::ObeyOrders;

/// How a session moves an object: the body of the message `move_object`. Positions are in units.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum ObjectMove {
    /// It has this velocity from now on.
    Go(ObjectId, Velocity),
    /// It rests at this position.
    Place(ObjectId, Position),
}

/// The message `move_object`, with which sessions move objects of any room. The world needs the
/// [`objects_plugin`](crate::objects_plugin).
pub fn object_motion_plugin(app: &mut App) {
    app.player_message::<ObjectMove>("move_object");
    app.add_systems(
        TickSchedule,
        obey.after(ObeyOrders)
            .before(Walk)
            .in_set(StepSet::Simulate)
            .in_set(MaySleep),
    );
}

fn obey(
    mut orders: MessageReader<FromPlayer<ObjectMove>>,
    mut objects: Query<(&Object, &mut Motion)>,
    rooms: Query<&Room>,
    clock: Res<Clock>,
) {
    for order in orders.read() {
        let (ObjectMove::Go(id, _) | ObjectMove::Place(id, _)) = order.message;
        let found = objects.iter_mut().find(|(object, _)| object.id() == id);
        let Some((object, mut motion)) = found else {
            continue;
        };
        match order.message {
            ObjectMove::Go(_, velocity) => {
                let walls = &rooms.get(object.room()).unwrap().map.walls;
                motion.turn(walls, Heading::free(velocity), clock.tick);
            }
            ObjectMove::Place(_, place) => motion.teleport(clock.tick, place),
        }
    }
}
