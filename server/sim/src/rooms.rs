//! Rooms: a join or a door creates a room, players enter and leave it, and it is removed after it
//! was empty for a while.

mod broadcast;
mod find_room;
mod joining;
mod life;
mod listing;
mod occupancy;
mod options;
mod removal;
mod reservations;
mod room;
mod room_catalogue;
mod saving;
mod seats;
mod status;
mod stay_components;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::Tick;

use crate::{config::SimConfig, state};
pub(crate) use broadcast::broadcast;
pub(crate) use joining::{go_through_door, join, leave_as_asked};
pub use life::RoomEvent;
pub(crate) use life::{RoomEvents, send_room_events};
use listing::ChangedRooms;
pub use listing::{PropertyError, RoomListing, RoomListings};
pub(crate) use occupancy::{leave, note_dropped, note_resumed, room_entered};
pub(crate) use options::RoomChecks;
pub use options::{Joining, NewRoom, RoomOptions};
pub(crate) use removal::{announce_endings, clean_up};
pub(crate) use reservations::Reservations;
pub(crate) use reservations::{expire as expire_reservations, reserve};
pub use room::{Room, Rooms};
pub(crate) use room::{RoomsCreated, when_created};
use room_catalogue::RoomCatalogue;
pub(crate) use saving::{SavedRoom, rebuild};
use seats::Occupants;
pub use seats::{InRoom, Seat, Seats};
pub(crate) use status::report_changes;
pub(crate) use stay_components::reset_on_leave;

/// Adds the types and the empty directory of rooms.
pub(crate) fn configure(app: &mut App, config: &SimConfig) {
    app.insert_resource(RoomCatalogue::new(config));
    app.insert_resource(Rooms::new(config.max_rooms));
    app.insert_resource(RoomsCreated::after(config.first_epoch));
    state::derived::<RoomCatalogue>(app);
    state::derived::<Rooms>(app);
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Reservations>()
        .init_resource::<RoomChecks>()
        .init_resource::<room::NewRoomSteps>()
        .init_resource::<ChangedRooms>()
        .init_resource::<stay_components::StayComponents>()
        .init_resource::<saving::LoadedSlots>();
    app.init_resource::<RoomEvents>().add_message::<RoomEvent>();
    state::resource::<RoomsCreated>(app, "rooms_created");
    state::resource_as::<RoomEvents, _>(
        app,
        "room_events",
        |events, fold| fold.value(events),
        life::restore,
    );
    state::resource_as::<Reservations, _>(
        app,
        "reservations",
        |reservations, fold| fold.value(reservations),
        reservations::restore,
    );
    state::component_as::<Room, _>(app, "room", |room, fold| fold.value(room), saving::restore_room);
    state::component::<Seat>(app, "seat");
    state::component_as::<Seats, _>(
        app,
        "seats",
        |seats, fold| fold.value(seats),
        saving::restore_seats,
    );
    state::component::<RoomOptions>(app, "room_options");
    state::component::<RoomListing>(app, "room_listing");
    state::derived::<RoomChecks>(app);
    state::derived::<room::NewRoomSteps>(app);
    state::derived::<ChangedRooms>(app);
    state::derived::<stay_components::StayComponents>(app);
    state::derived::<saving::LoadedSlots>(app);
    state::derived::<InRoom>(app);
    state::derived::<Occupants>(app);
    app.world_mut()
        .register_component_hooks::<Room>()
        .on_remove(removal::forget);
}

/// Returns the next tick in which a room is removed or a reservation expires.
pub(crate) fn next_due(world: &World) -> Option<Tick> {
    let removal = world.resource::<Rooms>().due.first_key_value();
    let removal = removal.map(|((due, _), _)| *due);
    let expiry = world.resource::<Reservations>().next_expiry();
    removal.into_iter().chain(expiry).min()
}
