//! The sum of one part of the state, and how changes update it.

use std::marker::PhantomData;

use bevy_ecs::{
    change_detection::{ContiguousRef, Tick},
    prelude::*,
};
use serde::Serialize;

use super::{Digest, KeepsShare, hash_of, hash_of_resource};
use crate::state::{Fold, StableId};

/// The sum of a component.
pub(super) struct ComponentSum<C> {
    /// The index of its share in [`Shares`].
    pub(super) index: usize,
    pub(super) tag: usize,
    pub(super) hash: fn(&C, &mut Fold),
}

impl<C: Component> ComponentSum<C> {
    /// Adds the change of one component to the sum.
    pub(super) fn update(
        &self,
        id: StableId,
        component: &C,
        shares: &mut impl KeepsShare,
        digest: &mut Digest,
    ) {
        let hash = hash_of(self.tag, id, component, self.hash);
        let share = shares.share(self.index);
        digest.change(self.tag, *share, hash);
        *share = hash;
    }

    /// Adds the changes of a table to the sum.
    pub(super) fn update_table(
        &self,
        ids: &[StableId],
        components: &ContiguousRef<'_, C>,
        shares: &mut [impl KeepsShare],
        digest: &mut Digest,
    ) {
        let this = components.this_run_tick().get();
        let since = this.wrapping_sub(components.last_run_tick().get());
        for_each_changed(components.changed_ticks_slice(), this, since, &mut |row| {
            self.update(ids[row], &components[row], &mut shares[row], digest);
        });
    }
}

/// Calls `changed` with each row whose change is less than `since` ticks older than `this`.
///
/// Few components change in a tick, and finding them row by row takes longer than hashing them. So
/// this searches 64 rows at a time. It is one function for all types of components, so that its
/// code stays in the cache.
#[inline(never)]
pub(crate) fn for_each_changed(ticks: &[Tick], this: u32, since: u32, changed: &mut dyn FnMut(usize)) {
    // Like `Tick::is_newer_than` without its clamps: so the compiler handles four rows at a time.
    let is_new = |tick: &Tick| this.wrapping_sub(tick.get()) < since;
    for (block, ticks) in ticks.chunks(64).enumerate() {
        if !ticks.iter().fold(false, |any, tick| any | is_new(tick)) {
            continue;
        }
        for (at, tick) in ticks.iter().enumerate() {
            if is_new(tick) {
                changed(64 * block + at);
            }
        }
    }
}

/// The sum of a resource.
pub(super) struct ResourceSum<R> {
    pub(super) tag: usize,
    pub(super) resource: PhantomData<fn(&R)>,
}

impl<R: Resource + Serialize> ResourceSum<R> {
    /// Computes the sum again if the resource has changed.
    pub(super) fn update(&self, resource: &Res<'_, R>, digest: &mut Digest) {
        if resource.is_changed() {
            digest.sums[self.tag] = hash_of_resource(self.tag, &**resource);
        }
    }
}
