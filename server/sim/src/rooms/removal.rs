//! Removes rooms that were empty for a while.

use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;

use super::{
    room::{Room, Rooms},
    seats::Seats,
};
use crate::clock::Clock;

/// Handles the rooms for which something is due: a tick after a room became empty, it is no longer
/// handled by each tick, and after its time it is removed. A room with reserved seats stays.
pub(super) fn clean_up(
    mut commands: Commands,
    rooms: Query<(&Room, &Seats)>,
    mut directory: ResMut<Rooms>,
    clock: Res<Clock>,
) {
    let now = clock.tick;
    while directory
        .due
        .first_key_value()
        .is_some_and(|((due, _), _)| *due <= now)
    {
        let Some((_, entity)) = directory.due.pop_first() else {
            return;
        };
        let Ok((room, seats)) = rooms.get(entity) else {
            continue;
        };
        let Some(since) = room.empty_since else { continue };
        // Not in the tick in which the last player left: `StepSet::Interest` still reports its
        // departure.
        let removed_at = Tick(since.0.saturating_add(room.rules.empty_ticks.max(1)));
        if now > since {
            directory.occupied.remove(&room.epoch);
        }
        if now < removed_at {
            directory.due.insert((removed_at, room.epoch), entity);
        } else if seats.reserved() == 0 {
            commands.entity(entity).despawn();
        }
    }
}
