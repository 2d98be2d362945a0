//! Doors: who walks into one is in another room.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::message::Refusal;

use crate::{
    clock::Clock,
    components::{Kind, Player, Position, Seat, Throttle},
    outbox::Outbox,
    rooms::{self, Room, RoomLife, Rooms, Seats},
    schedule::{Step, StepSet},
    simulation::Setup,
};

pub(crate) fn plugin(app: &mut App) {
    app.configure_sets(Step, (Doors, RoomLife).chain());
    app.add_systems(Step, pass.in_set(Doors).in_set(StepSet::React));
}

#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
struct Doors;

/// A player at a door, and where that leads.
struct Passing {
    player: Entity,
    to_map: String,
    to_spawn: String,
}

fn pass(world: &mut World) {
    for Passing {
        player,
        to_map,
        to_spawn,
    } in find_passing(world)
    {
        let passed = limit(world, player).and_then(|()| rooms::pass_door(world, player, &to_map, &to_spawn));
        let session = world.get::<Player>(player).map(|player| player.session);
        // The door stays shut for who came through too many just now, or if the room is full or cannot be; it is
        // tried again on the next way in.
        if let (Err(refusal), Some(session)) = (passed, session) {
            world.resource_mut::<Outbox>().refuse(session, 0, refusal);
        }
    }
}

/// To pass a door costs the same token as to join by hand.
fn limit(world: &mut World, player: Entity) -> Result<(), Refusal> {
    let tick = world.resource::<Clock>().tick;
    let rates = world.resource::<Setup>().rules.rates;
    let mut throttle = world.get_mut::<Throttle>(player).ok_or(Refusal::NotInRoom)?;
    let taken = throttle.take(Kind::Join, &rates, tick);
    taken.map_err(Refusal::rate_limited)
}

/// Who entered a door with this tick, in canonical order. Allocates only if someone did.
fn find_passing(world: &mut World) -> Vec<Passing> {
    let mut passing = Vec::new();
    world.resource_scope(|world, directory: Mut<Rooms>| {
        for room in directory.occupied() {
            let Some(map) = world.get::<Room>(room).map(|room| room.map.clone()) else {
                continue;
            };
            if map.doors.is_empty() {
                continue;
            }
            let pool = world.get::<Seats>(room).map_or(0, Seats::pool);
            for slot in 0..pool {
                let seats = world.get::<Seats>(room);
                let Some(player) = seats.and_then(|seats| seats.get(parlour_shared::ids::Slot(slot as u16)))
                else {
                    continue;
                };
                let Some(position) = world.get::<Position>(player).map(|position| position.0) else {
                    continue;
                };
                let door = map.door_at(position);
                let Some(mut seat) = world.get_mut::<Seat>(player) else {
                    continue;
                };
                let was_in_door = seat.in_door;
                if was_in_door == door.is_some() {
                    continue;
                }
                seat.in_door = door.is_some();
                if let Some(door) = door {
                    passing.push(Passing {
                        player,
                        to_map: door.to_map.clone(),
                        to_spawn: door.to_spawn.clone(),
                    });
                }
            }
        }
    });
    passing
}
