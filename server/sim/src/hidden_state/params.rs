//! Bevy's parameters, with a mark in the access of the system.
//!
//! Bevy keeps neither the types of the parameters of a system, nor which of its queries look at
//! changes. But it keeps which components a system accesses. So
//! each of these parameters also accesses a component that exists nowhere, and whose type names the
//! parameter.

use std::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use bevy_ecs::{
    lifecycle::RemovedComponents as Removals,
    prelude::*,
    query::{Added as IsAdded, Changed as IsChanged, QueryFilter},
    system::{Local as Kept, SystemParam},
};

/// The mark of [`Local`]. There is never one.
#[derive(Resource)]
pub struct UsesLocal<T: 'static>(PhantomData<fn() -> T>);

/// The mark of [`RemovedComponents`]. There is never one.
#[derive(Resource)]
pub struct UsesRemoved<C: 'static>(PhantomData<fn() -> C>);

/// The mark of [`Added`]. There is never one.
#[derive(Component)]
pub(super) struct UsesAdded<C: 'static>(PhantomData<fn() -> C>);

/// The mark of [`Changed`]. There is never one.
#[derive(Component)]
pub(super) struct UsesChanged<C: 'static>(PhantomData<fn() -> C>);

/// A value that a system keeps from tick to tick: [`bevy_ecs::system::Local`]. It is **not part of
/// the state**: in a world that is loaded from a saved one, it is at its default. Use it for memory
/// that is cleared in each tick, and keep everything else in a component or resource.
///
/// A server names the systems that have one ([`Simulation::hidden_state`]).
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::{Query, With};
/// use parlour_sim::{CurrentPosition, Local, Player, SimulationApp, StepSet, TickSchedule};
///
/// fn crowds(mut positions: Local<Vec<i32>>, players: Query<&CurrentPosition, With<Player>>) {
///     positions.clear();
///     positions.extend(players.iter().map(|position| position.0.x));
///     positions.sort_unstable();
///     // ...
/// }
///
/// fn plugin(app: &mut App) {
///     # use bevy_ecs::prelude::IntoScheduleConfigs;
///     app.add_systems(TickSchedule, crowds.after(parlour_sim::Walk).in_set(StepSet::Simulate));
///     app.allow_hidden_state("crowds", "the memory is cleared in each tick");
/// }
/// # use parlour_sim::{SimConfig, Simulation};
/// # let world = Simulation::with_plugins(SimConfig::new(vec![]), plugin);
/// # assert!(world.hidden_state()[0].allowed.is_some());
/// ```
///
/// [`Simulation::hidden_state`]: crate::Simulation::hidden_state
#[derive(SystemParam)]
pub struct Local<'w, 's, T: FromWorld + Send + 'static> {
    value: Kept<'s, T>,
    _mark: Option<Res<'w, UsesLocal<T>>>,
}

impl<T: FromWorld + Send + 'static> Deref for Local<'_, '_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: FromWorld + Send + 'static> DerefMut for Local<'_, '_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// The components that were removed earlier in this tick:
/// [`bevy_ecs::lifecycle::RemovedComponents`]. They are forgotten at the end of the tick, so a
/// system never sees those that are removed after it. [`RoomEvent::Left`](crate::RoomEvent::Left)
/// tells who left.
///
/// A server names the systems that have one
/// ([`Simulation::hidden_state`](crate::Simulation::hidden_state)).
#[derive(SystemParam)]
pub struct RemovedComponents<'w, 's, C: Component> {
    removals: Removals<'w, 's, C>,
    _mark: Option<Res<'w, UsesRemoved<C>>>,
}

impl<'w, 's, C: Component> Deref for RemovedComponents<'w, 's, C> {
    type Target = Removals<'w, 's, C>;

    fn deref(&self) -> &Self::Target {
        &self.removals
    }
}

impl<C: Component> DerefMut for RemovedComponents<'_, '_, C> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.removals
    }
}

/// A filter for components that were added since the system ran: [`bevy_ecs::query::Added`]. What
/// was added in an earlier tick is **not part of the state**: in a world that is loaded from a
/// saved one, everything was just added. [`RoomEvent`](crate::RoomEvent) tells who entered.
///
/// A server names the systems that have one
/// ([`Simulation::hidden_state`](crate::Simulation::hidden_state)).
#[derive(QueryFilter)]
pub struct Added<C: Component> {
    _added: IsAdded<C>,
    _mark: Without<UsesAdded<C>>,
}

/// A filter for components that were changed since the system ran: [`bevy_ecs::query::Changed`].
/// What was changed in an earlier tick is **not part of the state**: in a world that is loaded from
/// a saved one, everything was just changed. Compare with a value in the state instead.
///
/// A server names the systems that have one
/// ([`Simulation::hidden_state`](crate::Simulation::hidden_state)).
#[derive(QueryFilter)]
pub struct Changed<C: Component> {
    _changed: IsChanged<C>,
    _mark: Without<UsesChanged<C>>,
}
