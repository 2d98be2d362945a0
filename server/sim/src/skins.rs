//! Skins: put on from the catalogue.

use bevy_ecs::prelude::*;
use parlour_shared::message::{Refusal, SetSkin};

use crate::{
    components::{Player, Skin},
    outbox::Outbox,
    simulation::Setup,
};

/// Puts on a skin. Those who see the player get it with the next snapshot.
pub(crate) fn set(world: &mut World, player: Entity, wish: &SetSkin) -> Result<(), Refusal> {
    if usize::from(wish.skin) >= world.resource::<Setup>().skins.len() {
        return Err(Refusal::UnknownSkin);
    }
    if let Some(mut skin) = world.get_mut::<Skin>(player) {
        skin.set_if_neq(Skin(wish.skin));
    }
    if let Some(session) = world.get::<Player>(player).map(|player| player.session) {
        world.resource_mut::<Outbox>().accept(session, wish.request, None);
    }
    Ok(())
}
