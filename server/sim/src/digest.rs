//! The state hash. Only changes update it; no tick walks over the world.
//!
//! Each part of the state has a sum. A component adds `hash(tag, stable id, value)` of each entity
//! to its sum. A sum does not depend on the order of its shares, so it is the same for any order of
//! storage, and a change costs one subtraction and one addition. The sum of a resource is the hash
//! of its value, which is computed again when it changes. Debug builds compute the sums again every
//! 16 ticks and compare them.

mod built_in;
mod part_sum;

use std::{
    any::{Any, TypeId},
    marker::PhantomData,
};

use bevy_app::App;
use bevy_ecs::{
    component::{ComponentId, Mutable},
    lifecycle::HookContext,
    prelude::*,
    schedule::ScheduleConfigs,
    system::ScheduleSystem,
    world::DeferredWorld,
};
use parlour_shared::rng::mix;

use crate::{
    clock::Clock,
    schedule::{StepSet, TickSchedule},
    state::{Fold, StableId},
};
pub(crate) use built_in::plugin as built_in;
use part_sum::{ComponentSum, ResourceSum};

/// The hash of the state after the last tick, and the sum of each part, by tag.
#[derive(Resource, Debug, Default)]
pub(crate) struct Digest {
    pub(crate) hash: u64,
    sums: Vec<u64>,
    /// The sums at the last call of [`Self::take_changed`].
    seen: Vec<u64>,
    shares: Vec<ShareIndex>,
    /// The sums of the built-in parts, until [`built_in`] adds the system for all of them.
    built_in: Vec<Box<dyn Any + Send + Sync>>,
}

impl Digest {
    /// Sixteen bits of the sum of each part: enough to name the part that differs.
    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = u16> {
        self.sums.iter().map(|&sum| mix(sum) as u16)
    }

    /// Computes the hash of a tick from the sums.
    pub(crate) fn finish(&mut self, clock: Clock) {
        let mut fold = Fold::new(u64::from(clock.tick.0));
        self.sums.iter().for_each(|&sum| fold.word(sum));
        self.hash = fold.finish();
    }

    /// Returns whether the state has changed since the last call.
    pub(crate) fn take_changed(&mut self) -> bool {
        let changed = self.sums != self.seen;
        if changed {
            self.seen.clone_from(&self.sums);
        }
        changed
    }

    fn change(&mut self, tag: usize, old: u64, new: u64) {
        let sum = &mut self.sums[tag];
        *sum = sum.wrapping_sub(old).wrapping_add(new);
    }
}

/// The shares of one entity in the sums of the built-in parts. They are in one component, because
/// a command changes several of them together: the player's motion, its queued commands, its rate
/// limits. With a separate component for each share, cache misses doubled the time.
#[derive(Component, Default)]
#[repr(align(64))]
pub(crate) struct Shares {
    hashes: [u64; MAX_SHARES],
}

/// The maximum number of built-in components that are part of the state.
const MAX_SHARES: usize = 24;

/// The share of one component of game logic. There may be many of these components, each on few
/// entities.
#[derive(Component)]
pub(crate) struct Share<C: Component> {
    hash: u64,
    component: PhantomData<fn(&C)>,
}

impl<C: Component> Default for Share<C> {
    fn default() -> Self {
        Self {
            hash: 0,
            component: PhantomData,
        }
    }
}

/// Where a component keeps its share in its sum.
pub(crate) trait KeepsShare: Component<Mutability = Mutable> {
    fn share(&mut self, index: usize) -> &mut u64;
}

impl KeepsShare for Shares {
    fn share(&mut self, index: usize) -> &mut u64 {
        &mut self.hashes[index]
    }
}

impl<C: Component> KeepsShare for Share<C> {
    fn share(&mut self, _index: usize) -> &mut u64 {
        &mut self.hash
    }
}

/// The share of a component: its index in [`Shares`], and the tag of the sum that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShareIndex {
    component: ComponentId,
    index: usize,
    tag: usize,
    /// Whether it is in [`Shares`]. Otherwise it is a [`Share`].
    is_built_in: bool,
}

/// Keeps the sum of a component up to date.
pub(crate) fn hash_component<C: Component>(app: &mut App, tag: usize, hash: fn(&C, &mut Fold)) {
    let world = app.world_mut();
    let component = world.register_component::<C>();
    let is_built_in = built_in::contains(TypeId::of::<C>());
    let mut digest = world.resource_mut::<Digest>();
    digest.sums.push(0);
    let index = digest.shares.iter().filter(|share| share.is_built_in).count();
    digest.shares.push(ShareIndex {
        component,
        index,
        tag,
        is_built_in,
    });
    let sum = ComponentSum { index, tag, hash };
    if is_built_in {
        assert!(
            index < MAX_SHARES,
            "at most {MAX_SHARES} built-in components can be part of the state"
        );
        digest.built_in.push(Box::new(sum));
        keep_share::<C, Shares>(app, index, tag, hash);
    } else {
        keep_share::<C, Share<C>>(app, index, tag, hash);
        add(app, DigestSet::Sum, update_sum(sum));
    }
}

/// Adds the component that keeps the share, and takes the share out of the sum when the component
/// is removed.
fn keep_share<C: Component, K: KeepsShare + Default>(
    app: &mut App,
    index: usize,
    tag: usize,
    hash: fn(&C, &mut Fold),
) {
    let world = app.world_mut();
    world.register_required_components::<C, K>();
    world.register_component_hooks::<C>().on_discard(forget::<K>);
    if cfg!(debug_assertions) {
        add(app, DigestSet::Verify, verify::<C, K>(index, tag, hash));
    }
}

/// Keeps the sum of a resource up to date.
pub(crate) fn hash_resource<R: Resource>(app: &mut App, tag: usize, hash: fn(&R, &mut Fold)) {
    app.world_mut().resource_mut::<Digest>().sums.push(0);
    let sum = ResourceSum { tag, hash };
    if built_in::contains(TypeId::of::<R>()) {
        app.world_mut()
            .resource_mut::<Digest>()
            .built_in
            .push(Box::new(sum));
    } else {
        let update = move |resource: Res<R>, mut digest: ResMut<Digest>| {
            sum.update(&resource, &mut digest);
        };
        add(app, DigestSet::Sum, update.into_configs());
    }
    if cfg!(debug_assertions) {
        let verify = move |resource: Res<R>, digest: Res<Digest>, clock: Res<Clock>| {
            if clock.tick.0.is_multiple_of(16) {
                let name = std::any::type_name::<R>();
                let expected = hash_of_resource(tag, &*resource, hash);
                assert_eq!(
                    expected, digest.sums[tag],
                    "a write to {name} bypassed change detection"
                );
            }
        };
        add(app, DigestSet::Verify, verify.into_configs());
    }
}

/// Computes the sum of a component again.
pub(crate) fn recount<C: Component>(world: &mut World, tag: usize, hash: fn(&C, &mut Fold)) {
    let shares = &world.resource::<Digest>().shares;
    let Some(share) = shares.iter().find(|share| share.tag == tag).copied() else {
        return;
    };
    let sum = match share.is_built_in {
        true => sum_of::<C, Shares>(world, share, hash),
        false => sum_of::<C, Share<C>>(world, share, hash),
    };
    world.resource_mut::<Digest>().sums[tag] = sum;
}

fn sum_of<C: Component, K: KeepsShare>(world: &mut World, share: ShareIndex, hash: fn(&C, &mut Fold)) -> u64 {
    let mut sum = 0_u64;
    for (id, component, mut shares) in world.query::<(&StableId, &C, &mut K)>().iter_mut(world) {
        let hash = hash_of(share.tag, *id, component, hash);
        *shares.share(share.index) = hash;
        sum = sum.wrapping_add(hash);
    }
    sum
}

/// Computes the hash of a resource again.
pub(crate) fn recount_resource<R: Resource>(world: &mut World, tag: usize, hash: fn(&R, &mut Fold)) {
    let hash = hash_of_resource(tag, world.resource::<R>(), hash);
    world.resource_mut::<Digest>().sums[tag] = hash;
}

/// The order within [`StepSet::Digest`].
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DigestSet {
    /// Sums are updated.
    Sum,
    /// Debug builds compare the sums with those of the whole state.
    Verify,
}

pub(crate) fn plugin(app: &mut App) {
    app.configure_sets(TickSchedule, (DigestSet::Sum, DigestSet::Verify).chain());
}

/// The systems of a set may run in any order: they only add to sums, or only read.
fn add(app: &mut App, set: DigestSet, system: ScheduleConfigs<ScheduleSystem>) {
    app.add_systems(
        TickSchedule,
        system
            .in_set(set.clone())
            .in_set(StepSet::Digest)
            .ambiguous_with(set),
    );
}

/// The system that adds the changes of a component of game logic to its sum.
fn update_sum<C: Component>(sum: ComponentSum<C>) -> ScheduleConfigs<ScheduleSystem> {
    let update = move |mut all: Query<(&StableId, Ref<C>, &mut Share<C>)>, mut digest: ResMut<Digest>| {
        let Ok(tables) = all.contiguous_iter_mut() else {
            // A component with sparse-set storage has no tables.
            for (id, component, mut share) in &mut all {
                if component.is_changed() {
                    sum.update(*id, &component, &mut *share, &mut digest);
                }
            }
            return;
        };
        for (ids, components, mut shares) in tables {
            sum.update_table(ids, &components, shares.bypass_change_detection(), &mut digest);
        }
    };
    update.into_configs()
}

/// Debug builds only: computes the shares of a component again. Nothing else finds a write that
/// bypassed change detection.
fn verify<C: Component, K: KeepsShare>(
    index: usize,
    tag: usize,
    hash: fn(&C, &mut Fold),
) -> ScheduleConfigs<ScheduleSystem> {
    let check = move |mut all: Query<(&StableId, &C, &mut K)>, clock: Res<Clock>| {
        if clock.tick.0.is_multiple_of(16) {
            for (id, component, mut shares) in &mut all {
                let name = std::any::type_name::<C>();
                let expected = hash_of(tag, *id, component, hash);
                assert_eq!(
                    expected,
                    *shares.bypass_change_detection().share(index),
                    "a write to {name} of {id:?} bypassed change detection"
                );
            }
        }
    };
    check.into_configs()
}

/// Subtracts the share of a component that is removed.
fn forget<K: KeepsShare>(mut world: DeferredWorld, context: HookContext) {
    let shares = &world.resource::<Digest>().shares;
    let share = shares
        .iter()
        .find(|share| share.component == context.component_id)
        .copied();
    let (Some(share), Some(mut kept)) = (share, world.get_mut::<K>(context.entity)) else {
        return;
    };
    let hash = std::mem::take(kept.share(share.index));
    world.resource_mut::<Digest>().change(share.tag, hash, 0);
}

fn hash_of<C>(tag: usize, id: StableId, component: &C, hash: fn(&C, &mut Fold)) -> u64 {
    let mut fold = Fold::new(tag as u64);
    fold.word(id.number());
    hash(component, &mut fold);
    fold.finish()
}

fn hash_of_resource<R>(tag: usize, resource: &R, hash: fn(&R, &mut Fold)) -> u64 {
    let mut fold = Fold::new(tag as u64);
    hash(resource, &mut fold);
    fold.finish()
}
