//! Components of players that belong to their stay in a room.

use bevy_app::App;
use bevy_ecs::prelude::*;

use crate::player::Player;

/// Functions that reset the components of a player that leaves its room, one for each type.
#[derive(Resource, Clone, Debug, Default)]
pub(super) struct StayComponents(Vec<fn(&mut World, Entity)>);

/// Declares a component as one that belongs to a stay.
pub(crate) fn reset_on_leave<C: Component + Default>(app: &mut App) {
    // A plugin may have inserted the component without a declaration; the first tick finds that.
    app.world_mut().register_component::<C>();
    let resets = &mut app.world_mut().resource_mut::<StayComponents>().0;
    // Two functions may have different addresses: a second one finds nothing to do.
    resets.push(reset::<C>);
}

/// Resets the components of a player that leaves its room.
pub(super) fn reset_all(world: &mut World, player: Entity) {
    for at in 0..world.resource::<StayComponents>().0.len() {
        let reset = world.resource::<StayComponents>().0[at];
        reset(world, player);
    }
}

fn reset<C: Component + Default>(world: &mut World, player: Entity) {
    if world.get::<C>(player).is_none() {
        return;
    }
    let required = world.get_required_components::<Player>();
    let component = world.component_id::<C>();
    let is_required = required
        .zip(component)
        .is_some_and(|(required, component)| required.iter_ids().any(|required| required == component));
    if is_required {
        world.entity_mut(player).insert(C::default());
    } else {
        world.entity_mut(player).remove::<C>();
    }
}
