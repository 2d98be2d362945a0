//! Rooms: the first join creates a room, players enter and leave it, and it is removed after it was
//! empty for a while.

mod broadcast;
mod occupancy;
mod room;
mod saving;
mod seats;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;

use crate::{
    clock::Clock,
    config::Setup,
    schedule::{StepSet, TickSchedule},
    state,
};
pub(crate) use broadcast::broadcast;
pub(crate) use occupancy::{entered, join, leave, pass_door, vacate};
use room::RoomsCreated;
pub use room::{Room, Rooms};
pub(crate) use saving::{SavedRoom, rebuild};
use seats::Occupants;
pub use seats::{InRoom, Seat, Seats};

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<RoomsCreated>();
    state::resource::<RoomsCreated>(app, "rooms_created");
    state::component_as::<Room, _>(app, "room", |room, fold| fold.value(room), saving::restore_room);
    state::component::<Seat>(app, "seat");
    state::component_as::<Seats, _>(
        app,
        "seats",
        |seats, fold| fold.value(seats),
        saving::restore_seats,
    );
    state::derived::<Rooms>(app);
    state::derived::<InRoom>(app);
    state::derived::<Occupants>(app);
    app.add_systems(TickSchedule, clean_up.in_set(RoomLife).in_set(StepSet::React));
}

/// In [`StepSet::React`]: removes rooms that were empty for long enough. Runs after doors have
/// moved players.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoomLife;

/// Returns the next tick in which [`clean_up`] has something to do.
pub(crate) fn next_removal(world: &World) -> Option<Tick> {
    let (rooms, now) = (world.resource::<Rooms>(), world.resource::<Clock>().tick);
    let empty_ticks = world.resource::<Setup>().rules.empty_ticks.max(1);
    let removal = |room| {
        let since = world.get::<Room>(room)?.empty_since?;
        Some(since.after(if now.since(since) < 1 { 1 } else { empty_ticks }))
    };
    rooms.iter().filter_map(removal).min()
}

fn clean_up(
    mut commands: Commands,
    rooms: Query<(Entity, &Room)>,
    mut directory: ResMut<Rooms>,
    clock: Res<Clock>,
    setup: Res<Setup>,
) {
    // Not in the tick in which the last player left: `StepSet::Interest` still reports its
    // departure.
    let empty_ticks = setup.rules.empty_ticks.max(1);
    for (entity, room) in &rooms {
        let Some(since) = room.empty_since else { continue };
        let empty_for = clock.tick.since(since);
        if empty_for == 1 {
            directory.occupied.remove(&room.epoch);
        }
        if empty_for >= empty_ticks {
            directory.by_name.remove(&room.name);
            commands.entity(entity).despawn();
        }
    }
}
