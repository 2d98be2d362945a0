//! Objects: everything that lives in a room apart from players. Each has a kind, which game logic
//! declares, an id, a slot of the room, and a motion.

mod count;
mod object;
mod orphans;
mod owner;
mod owners;
mod placed;
mod saving;
mod slots;
mod spawn;

use bevy_app::App;

use crate::{
    player::Player,
    rooms::{self, Room, Seat},
    state,
};
pub(crate) use count::ObjectCount;
pub use object::Object;
pub(crate) use object::SavedObject;
pub(crate) use orphans::{Orphans, despawn_orphans};
pub(crate) use owner::release_all;
pub use owner::{Owner, OwnerLeaves};
pub use owners::{OwnerError, Owners};
pub(crate) use placed::{PlacedKinds, WhenPlaced};
pub(crate) use saving::rebuild;
pub use slots::ObjectSlots;
pub(crate) use spawn::ObjectsSpawned;
pub use spawn::{Objects, SpawnError, SpawnedObject};

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<ObjectsSpawned>()
        .init_resource::<ObjectCount>()
        .init_resource::<Orphans>()
        .init_resource::<PlacedKinds>()
        .init_resource::<slots::LoadedObjectSlots>();
    state::resource::<ObjectsSpawned>(app, "objects_spawned");
    state::component_as::<Object, _>(
        app,
        "object",
        |object, fold| fold.value(object),
        saving::restore_object,
    );
    state::component_as::<ObjectSlots, _>(
        app,
        "object_slots",
        |slots, fold| fold.value(slots),
        slots::restore,
    );
    state::component_as::<Owner, _>(app, "owner", |owner, fold| fold.value(owner), owner::restore);
    state::derived::<ObjectCount>(app);
    state::derived::<Orphans>(app);
    state::derived::<PlacedKinds>(app);
    state::derived::<owner::Possessions>(app);
    state::derived::<slots::LoadedObjectSlots>(app);
    app.register_required_components::<Room, ObjectSlots>();
    rooms::when_created(app, placed::place);
    app.register_required_components_with::<Object, Owner>(Owner::nobody);
    app.register_required_components::<Player, owner::Possessions>();
    app.world_mut()
        .register_component_hooks::<Object>()
        .on_add(spawn::note_added)
        .on_remove(spawn::forget);
    app.world_mut()
        .register_component_hooks::<ObjectSlots>()
        .on_remove(spawn::despawn_all);
    app.world_mut()
        .register_component_hooks::<Owner>()
        .on_insert(owner::note_owner);
    app.world_mut()
        .register_component_hooks::<Seat>()
        .on_remove(owner::owner_left);
}
