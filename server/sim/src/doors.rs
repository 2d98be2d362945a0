//! Doors: a player whose middle enters one goes to a different room.
//!
//! A player enters a door in the tick whose path touches it. The path is the straight line from the
//! middle's position at the previous tick to its present one. If the door does not open, the player
//! must leave the door before it can enter it again. The same applies to a player that arrives in a
//! door.

mod path;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, Slot},
    map::Door,
    message::Refusal,
};

use crate::{
    clock::Clock,
    movement::Motion,
    refusal::{Cause, refuse},
    rooms::{self, InRoom, Room, Seat},
    schedule::{StepSet, TickSchedule},
    throttle::{RequestKind, Throttle},
};
pub(crate) use path::Path;

pub(crate) fn plugin(app: &mut App) {
    let react = find_entering.pipe(react).in_set(StepSet::React);
    app.add_systems(TickSchedule, react);
}

/// Finds the players that entered a door in this tick, in canonical order. A player costs one
/// comparison until its segment can meet a door. Allocates only if a door was entered.
fn find_entering(
    mut walkers: Query<(Entity, &InRoom, &Seat, &mut Motion)>,
    rooms: Query<&Room>,
    clock: Res<Clock>,
) -> Vec<(Epoch, Slot, Entity)> {
    let tick = clock.tick;
    let mut entering = Vec::new();
    for (player, room, seat, mut motion) in &mut walkers {
        if tick < motion.next_door_check {
            continue;
        }
        let Ok(room) = rooms.get(room.0) else { continue };
        let (doors, path) = (&room.map.doors, motion.path(tick));
        if tick >= seat.doors_shut_until && doors.iter().any(|door| path.enters(door).is_some()) {
            entering.push((seat.epoch, seat.slot, player));
        }
        let next = path::next_check(doors, &motion.segment(), tick);
        motion.bypass_change_detection().next_door_check = next;
    }
    entering.sort_unstable_by_key(|(epoch, slot, _)| (*epoch, *slot));
    entering
}

/// Moves players through doors. Then removes the rooms that were empty for long enough.
fn react(In(entering): In<Vec<(Epoch, Slot, Entity)>>, world: &mut World) {
    for (_, _, player) in entering {
        go_through_first_open(world, player);
    }
    rooms::clean_up(world);
}

/// Moves a player through the first door along its path that opens, and refuses each door before
/// it. A door that leads out of this world counts as open: the node answers later.
fn go_through_first_open(world: &mut World, player: Entity) {
    for (to_map, to_spawn) in entered_doors(world, player).unwrap_or_default() {
        let went = limit(world, player);
        let went = went.and_then(|()| rooms::go_through_door(world, player, &to_map, &to_spawn));
        let Err(refusal) = went else { return };
        // The rate limit also applies to the doors behind this one.
        let limited = matches!(refusal, Refusal::RateLimited { .. });
        refuse(world, player, Cause::Door, refusal);
        if limited {
            return;
        }
    }
}

/// Returns the targets of the doors that a player entered in this tick, in the order in which its
/// path meets them.
fn entered_doors(world: &World, player: Entity) -> Option<Vec<(String, String)>> {
    let path = world.get::<Motion>(player)?.path(world.resource::<Clock>().tick);
    let map = &world.get::<Room>(world.get::<InRoom>(player)?.0)?.map;
    let entered = |door| Some((path.enters(door)?, door));
    let mut doors: Vec<_> = map.doors.iter().filter_map(entered).collect();
    doors.sort_by_key(|(at, _)| *at);
    let target = |door: &Door| (door.to_map.clone(), door.to_spawn.clone());
    Some(doors.into_iter().map(|(_, door)| target(door)).collect())
}

/// A door costs the same token as a join.
fn limit(world: &mut World, player: Entity) -> Result<(), Refusal> {
    let tick = world.resource::<Clock>().tick;
    let room = world.get::<InRoom>(player).ok_or(Refusal::NotInRoom)?.0;
    let rates = world.get::<Room>(room).ok_or(Refusal::NotInRoom)?.rules.rates;
    let mut throttle = world.get_mut::<Throttle>(player).ok_or(Refusal::NotInRoom)?;
    let taken = throttle.take(RequestKind::Join, &rates, tick);
    taken.map_err(Refusal::rate_limited)
}
