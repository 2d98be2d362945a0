//! Uses a resource and the rest of the world at the same time.

use bevy_ecs::{component::Mutable, prelude::*};

/// Takes a resource out of the world while `run` uses both, and leaves its default there. It is
/// also put back when `run` panics. The default must not allocate.
///
/// `World::resource_scope` does the same, but moves the entity of the resource to another archetype
/// and back, which costs about 1,200 instructions. That is noticeable in a tick of a small world.
pub(crate) fn with_taken<R: Resource<Mutability = Mutable> + Default, T>(
    world: &mut World,
    run: impl FnOnce(&mut World, &mut R) -> T,
) -> T {
    let value = std::mem::take(&mut *world.resource_mut::<R>());
    let mut taken = Taken { world, value };
    run(taken.world, &mut taken.value)
}

struct Taken<'a, R: Resource<Mutability = Mutable> + Default> {
    world: &'a mut World,
    value: R,
}

impl<R: Resource<Mutability = Mutable> + Default> Drop for Taken<'_, R> {
    fn drop(&mut self) {
        *self.world.resource_mut::<R>() = std::mem::take(&mut self.value);
    }
}
