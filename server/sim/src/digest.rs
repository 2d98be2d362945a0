//! The state hash: kept up to date by what changes, never by walking the world.
//!
//! Each hashed component of each entity adds `hash(type, stable id, value)` to a sum. A sum does not depend on
//! the order of its parts, which makes the order canonical whatever order the storage has; and a change costs one
//! subtraction and one addition. In debug builds the sum is counted anew every few ticks and compared.

mod declared;
mod fold;

use std::{hash::Hash, marker::PhantomData};

use bevy_app::App;
use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};

pub(crate) use declared::{Declared, check_declared};
pub use fold::Fold;

use crate::{
    clock::Clock,
    schedule::{Step, StepSet},
};

/// Who an entity is, on every machine and in every run: what entity ids are not.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StableId(pub(crate) u64);

impl StableId {
    /// Of a player.
    pub(crate) fn player(id: parlour_shared::ids::PlayerId) -> Self {
        Self(1 << 32 | u64::from(id.0))
    }

    /// Of an entity that game logic spawns: a number that it chooses the same way in every run, and for no two
    /// entities that exist at once.
    #[must_use]
    pub fn game(number: u32) -> Self {
        Self(3 << 32 | u64::from(number))
    }

    /// Of a room.
    pub(crate) fn room(epoch: parlour_shared::ids::Epoch) -> Self {
        Self(2 << 32 | u64::from(epoch.0))
    }
}

/// The hash of the state after the last tick.
#[derive(Resource, Debug, Default)]
pub(crate) struct Digest {
    pub(crate) hash: u64,
    /// The sum over all hashed components.
    components: u64,
    /// The sum over all hashed resources, of this tick.
    resources: u64,
}

/// The share of one component of one entity in the sum.
#[derive(Component)]
struct Share<C: Component> {
    hash: u64,
    of: PhantomData<fn() -> C>,
}

impl<C: Component> Default for Share<C> {
    fn default() -> Self {
        Self {
            hash: 0,
            of: PhantomData,
        }
    }
}

/// Lets a component take part in the state hash. Needs a [`StableId`] on the entity.
pub(crate) fn hash_component<C: Component + Hash>(app: &mut App) {
    let tag = Declared::hashed::<C>(app);
    Declared::derived::<Share<C>>(app);
    let world = app.world_mut();
    world.register_required_components::<C, Share<C>>();
    world.register_component_hooks::<C>().on_discard(forget::<C>);
    app.add_systems(
        Step,
        share::<C>(tag)
            .in_set(DigestSet::Sum)
            .in_set(StepSet::Digest)
            .ambiguous_with(DigestSet::Sum),
    );
}

/// Lets a resource take part in the state hash, in full at every tick.
pub(crate) fn hash_resource<R: Resource + Hash>(app: &mut App) {
    let tag = Declared::hashed_resource::<R>(app);
    let add = move |resource: Res<R>, mut digest: ResMut<Digest>| {
        let mut fold = Fold::new(tag);
        resource.hash(&mut fold);
        digest.resources = digest.resources.wrapping_add(fold.end());
    };
    app.add_systems(
        Step,
        add.in_set(DigestSet::Sum)
            .in_set(StepSet::Digest)
            .ambiguous_with(DigestSet::Sum),
    );
}

/// Sums first, then the hash of the tick.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
enum DigestSet {
    Sum,
    Finish,
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Digest>();
    Declared::derived::<Digest>(app);
    Declared::derived::<StableId>(app);
    app.configure_sets(Step, (DigestSet::Sum, DigestSet::Finish).chain());
    app.add_systems(Step, finish.in_set(DigestSet::Finish).in_set(StepSet::Digest));
}

fn finish(clock: Res<Clock>, mut digest: ResMut<Digest>) {
    let mut fold = Fold::new(u64::from(clock.tick.0));
    digest.components.hash(&mut fold);
    digest.resources.hash(&mut fold);
    digest.hash = fold.end();
    digest.resources = 0;
}

/// Systems that all add to one sum may do so in any order.
fn share<C: Component + Hash>(
    tag: u64,
) -> bevy_ecs::schedule::ScheduleConfigs<bevy_ecs::system::ScheduleSystem> {
    let update = move |mut changed: Query<(&StableId, &C, &mut Share<C>), Changed<C>>,
                       mut digest: ResMut<Digest>| {
        for (id, component, mut share) in &mut changed {
            let hash = hash_of(tag, *id, component);
            digest.components = digest.components.wrapping_sub(share.hash).wrapping_add(hash);
            share.hash = hash;
        }
    };
    if cfg!(debug_assertions) {
        (update, verify::<C>(tag)).chain()
    } else {
        update.into_configs()
    }
}

/// Counts one component anew: a write that escaped change detection would show here, and nowhere else.
fn verify<C: Component + Hash>(tag: u64) -> impl IntoScheduleConfigs<bevy_ecs::system::ScheduleSystem, ()> {
    let check = move |all: Query<(&StableId, &C, &Share<C>)>, clock: Res<Clock>| {
        if clock.tick.0.is_multiple_of(16) {
            for (id, component, share) in &all {
                let name = std::any::type_name::<C>();
                assert_eq!(
                    hash_of(tag, *id, component),
                    share.hash,
                    "{name} of {id:?} changed unseen"
                );
            }
        }
    };
    check.into_configs()
}

/// Takes a component's share out of the sum when the component goes.
fn forget<C: Component>(mut world: DeferredWorld, context: HookContext) {
    let Some(mut share) = world.get_mut::<Share<C>>(context.entity) else {
        return;
    };
    let hash = std::mem::take(&mut share.hash);
    let mut digest = world.resource_mut::<Digest>();
    digest.components = digest.components.wrapping_sub(hash);
}

fn hash_of<C: Hash>(tag: u64, id: StableId, component: &C) -> u64 {
    let mut fold = Fold::new(tag);
    id.hash(&mut fold);
    component.hash(&mut fold);
    fold.end()
}
