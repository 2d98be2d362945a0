//! The sum of one part of the state, and how changes update it.

use bevy_ecs::{change_detection::ContiguousRef, prelude::*};

use super::{Digest, KeepsShare, hash_of, hash_of_resource};
use crate::{
    changed_rows::for_each_changed,
    state::{Fold, StableId},
};

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
        for_each_changed(components, |row| {
            self.update(ids[row], &components[row], &mut shares[row], digest);
        });
    }
}

/// The sum of a resource.
pub(super) struct ResourceSum<R> {
    pub(super) tag: usize,
    pub(super) hash: fn(&R, &mut Fold),
}

impl<R: Resource> ResourceSum<R> {
    /// Computes the sum again if the resource has changed.
    pub(super) fn update(&self, resource: &Res<'_, R>, digest: &mut Digest) {
        if resource.is_changed() {
            digest.sums[self.tag] = hash_of_resource(self.tag, &**resource, self.hash);
        }
    }
}
