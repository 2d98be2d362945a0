//! What game logic can add to a world: components that are replicated or hashed, and typed messages.
//!
//! How plugins use it, and the rules for them, are in the docs of the crate.

mod messages;
mod undeclared;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::limits::MAX_EXTRAS;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    replication::{self, ReplicateSet},
    schedule::Step,
    state,
};
pub(crate) use messages::receive;
pub use messages::{Answer, FromPlayer, ToPlayer};
pub(crate) use undeclared::{check_messages, explain_errors};

/// Declares components, resources and messages of game logic to the simulation; implemented for [`bevy_app::App`]. The
/// [first page](crate) has an example and the rules.
pub trait SimulationApp {
    /// Lets a component of players be seen by those who see the player, and makes it part of the state under that
    /// name. Its encoding may have up to 32 bytes, and at least one.
    ///
    /// # Panics
    /// If four components are replicated already, or this one was declared before. A tick panics if the encoding is
    /// empty or too long.
    fn replicate<C: Component + Serialize + DeserializeOwned>(&mut self, name: &'static str) -> &mut Self;

    /// Makes a component part of the state: it is hashed, saved in keyframes, and shown to who looks into a
    /// recording, under this name. Players and rooms have a [`crate::StableId`]; other entities that carry the
    /// component need one, from [`crate::StableId::game`].
    ///
    /// The component must hold no entity ids, for they mean nothing in a world that was loaded: name players by
    /// their [`parlour_shared::ids::PlayerId`].
    ///
    /// # Panics
    /// If the component was declared before, or the name is taken. A tick panics if the value holds a float.
    fn state_component<C: Component + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> &mut Self;

    /// Makes a resource part of the state, under this name. It is hashed in full at every tick.
    ///
    /// # Panics
    /// If the resource was declared before, or the name is taken. A tick panics if the value holds a float.
    fn state_resource<R: Resource + Serialize + DeserializeOwned>(&mut self, name: &'static str)
    -> &mut Self;

    /// Declares a component or resource to be no part of the state: derived from it, or made for presentation.
    fn presentation_only<C: Component>(&mut self) -> &mut Self;

    /// Lets players send messages of this type under this name. They arrive as [`FromPlayer`] and are answered with
    /// [`Answer`].
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn player_message<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
    ) -> &mut Self;

    /// Lets players be sent messages of this type, as [`ToPlayer`], under this name.
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn client_message<M: Serialize + Send + Sync + 'static>(&mut self, name: &'static str) -> &mut Self;
}

impl SimulationApp for App {
    fn replicate<C: Component + Serialize + DeserializeOwned>(&mut self, name: &'static str) -> &mut Self {
        let names = &mut self.world_mut().resource_mut::<Extras>().names;
        let bit = names.len();
        assert!(
            bit < MAX_EXTRAS,
            "at most {MAX_EXTRAS} components can be replicated; {name} is one too many"
        );
        names.push(name);
        state::component::<C>(self, name);
        replication::replicate_extra::<C>(self, bit);
        self
    }

    fn state_component<C: Component + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> &mut Self {
        state::component::<C>(self, name);
        self
    }

    fn state_resource<R: Resource + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> &mut Self {
        state::resource::<R>(self, name);
        self
    }

    fn presentation_only<C: Component>(&mut self) -> &mut Self {
        state::derived::<C>(self);
        self
    }

    fn player_message<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
    ) -> &mut Self {
        messages::from_player::<M>(self, name);
        self
    }

    fn client_message<M: Serialize + Send + Sync + 'static>(&mut self, name: &'static str) -> &mut Self {
        messages::to_player::<M>(self, name);
        self
    }
}

/// Names of the replicated components, by their bit.
#[derive(Resource, Debug, Default)]
pub(crate) struct Extras {
    names: Vec<&'static str>,
}

impl Extras {
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.iter().map(|name| (*name).to_owned()).collect()
    }
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Extras>();
    state::derived::<Extras>(app);
    messages::plugin(app);
    app.add_systems(Step, messages::deliver.in_set(ReplicateSet::Deliver));
}
