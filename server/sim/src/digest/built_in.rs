//! One system for the sums of all built-in parts of the state.
//!
//! A part of game logic has a system of its own. The built-in parts share one, because each system
//! reads its own query, and takes time even if nothing has changed. In a tick of a small world, 18
//! systems of this kind took a third of the time: the memory that they read is no longer in the
//! cache when the other worlds of the thread have run.

use std::any::{Any, TypeId};

use bevy_app::App;
use bevy_ecs::prelude::*;

use super::{
    Digest, DigestSet, Shares,
    part_sum::{ComponentSum, ResourceSum},
};
use crate::{
    broadcast_budget::BroadcastBudget,
    kinds::EntityKinds,
    movement::{Motion, MoveQueue},
    object_interest::ObjectInterest,
    objects::{Object, ObjectSlots, ObjectsSpawned, Owner},
    player::{Dropped, Player},
    proximity::{Encounters, Proximity},
    room_state::RoomState,
    rooms::{Reservations, Room, RoomEvents, RoomListing, RoomOptions, RoomsCreated, Seat, Seats},
    schedule::{StepSet, TickSchedule},
    sessions::Remains,
    skins::Skin,
    state::StableId,
    throttle::Throttle,
    travel::Luggage,
};

macro_rules! built_in_parts {
    (
        components $({ $($component:ident: $Component:ty,)* })*
        resources { $($resource:ident: $Resource:ty,)* }
    ) => {
        /// The sums of the built-in parts.
        struct Sums {
            $($($component: ComponentSum<$Component>,)*)*
            $($resource: ResourceSum<$Resource>,)*
        }

        type Components<'a> = ($(($(Option<Ref<'a, $Component>>,)*),)*);
        type Resources<'a> = ($(Res<'a, $Resource>,)*);

        /// Returns whether a type is a built-in part.
        pub(super) fn contains(part: TypeId) -> bool {
            [$($(TypeId::of::<$Component>(),)*)* $(TypeId::of::<$Resource>(),)*].contains(&part)
        }

        impl Sums {
            /// Takes the sums of the parts, all of which must be declared.
            fn take(declared: &mut Vec<Box<dyn Any + Send + Sync>>) -> Self {
                Self {
                    $($($component: take(declared),)*)*
                    $($resource: take(declared),)*
                }
            }

            fn update(
                &self,
                mut entities: Query<(&StableId, &mut Shares, Components<'_>)>,
                ($($resource,)*): Resources<'_>,
                digest: &mut Digest,
            ) {
                let tables = entities.contiguous_iter_mut();
                for (ids, mut shares, ($(($($component,)*),)*)) in tables.expect("all have table storage") {
                    let shares = shares.bypass_change_detection();
                    $($(if let Some(components) = $component {
                        self.$component.update_table(ids, &components, shares, digest);
                    })*)*
                }
                $(self.$resource.update(&$resource, digest);)*
            }
        }
    };
}

built_in_parts! {
    components {
        player: Player,
        skin: Skin,
        throttle: Throttle,
        move_queue: MoveQueue,
        motion: Motion,
        seat: Seat,
        remains: Remains,
        dropped: Dropped,
        luggage: Luggage,
        object: Object,
        owner: Owner,
    } {
        room: Room,
        seats: Seats,
        object_slots: ObjectSlots,
        room_options: RoomOptions,
        room_listing: RoomListing,
        room_state: RoomState,
        budget: BroadcastBudget,
        object_interest: ObjectInterest,
        proximity: Proximity,
    }
    resources {
        kinds: EntityKinds,
        rooms_created: RoomsCreated,
        objects_spawned: ObjectsSpawned,
        room_events: RoomEvents,
        reservations: Reservations,
        encounters: Encounters,
    }
}

fn take<T: 'static>(declared: &mut Vec<Box<dyn Any + Send + Sync>>) -> T {
    let at = declared.iter().position(|sum| sum.is::<T>());
    let sum = at.and_then(|at| declared.swap_remove(at).downcast().ok());
    *sum.expect("all built-in parts are declared")
}

/// Adds the system of the built-in parts, after all of them were declared.
pub(crate) fn plugin(app: &mut App) {
    let mut digest = app.world_mut().resource_mut::<Digest>();
    let mut declared = std::mem::take(&mut digest.built_in);
    let sums = Sums::take(&mut declared);
    assert!(declared.is_empty(), "each built-in part has a sum");
    let update = move |entities: Query<(&StableId, &mut Shares, Components<'_>)>,
                       resources: Resources<'_>,
                       mut digest: ResMut<Digest>| {
        sums.update(entities, resources, &mut digest);
    };
    app.add_systems(
        TickSchedule,
        update
            .in_set(DigestSet::Sum)
            .in_set(StepSet::Digest)
            .ambiguous_with(DigestSet::Sum),
    );
}
