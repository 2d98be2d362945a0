//! Skins: each player has one from the catalogue.

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::message::{Refusal, SetSkin};
use serde::{Deserialize, Serialize};

use crate::{config::Setup, outbox::Outbox, player::Player, state};

/// An index into the catalogue of skins.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skin(pub u16);

pub(crate) fn plugin(app: &mut App) {
    app.register_required_components::<Player, Skin>();
    state::component::<Skin>(app, "skin");
}

/// Sets the skin of a player. Its viewers receive it with their next snapshot.
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
