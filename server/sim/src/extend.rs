//! What game logic of one's own can add to a world: components that are replicated or hashed, and typed messages.

use std::{collections::BTreeMap, hash::Hash};

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::{
    codec,
    ids::SessionId,
    limits::{MAX_CUSTOM_BYTES, MAX_EXTRAS},
    message::{Body, Custom, CustomSaid, Refusal, Request, ServerMessage},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    components::Player,
    digest::{self, Declared},
    outbox::Outbox,
    replication,
};

/// Declares components and messages to the simulation; implemented for [`bevy_app::App`].
pub trait SimulationApp {
    /// Lets a component of players be seen by those who see the player, and takes it into the state hash. Its
    /// encoding may have up to 32 bytes, and at least one.
    ///
    /// # Panics
    /// If four components are replicated already.
    fn replicate<C: Component + Serialize + Hash>(&mut self, name: &'static str) -> &mut Self;

    /// Takes a component into the state hash.
    fn hash_component<C: Component + Hash>(&mut self) -> &mut Self;

    /// Takes a resource into the state hash.
    fn hash_resource<R: Resource + Hash>(&mut self) -> &mut Self;

    /// Declares a component or resource to be no part of the state: derived from it, or made for presentation.
    fn presentation_only<C: Component>(&mut self) -> &mut Self;

    /// Lets players send messages of this type under this name; they arrive as [`FromPlayer`].
    fn player_message<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
    ) -> &mut Self;
}

impl SimulationApp for App {
    fn replicate<C: Component + Serialize + Hash>(&mut self, name: &'static str) -> &mut Self {
        let names = &mut self.world_mut().resource_mut::<Extras>().names;
        let bit = names.len();
        assert!(
            bit < MAX_EXTRAS,
            "at most {MAX_EXTRAS} components can be replicated; {name} is one too many"
        );
        names.push(name);
        digest::hash_component::<C>(self);
        replication::replicate_extra::<C>(self, bit);
        self
    }

    fn hash_component<C: Component + Hash>(&mut self) -> &mut Self {
        digest::hash_component::<C>(self);
        self
    }

    fn hash_resource<R: Resource + Hash>(&mut self) -> &mut Self {
        digest::hash_resource::<R>(self);
        self
    }

    fn presentation_only<C: Component>(&mut self) -> &mut Self {
        Declared::derived::<C>(self);
        self
    }

    fn player_message<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
    ) -> &mut Self {
        self.add_message::<FromPlayer<M>>();
        self.world_mut()
            .resource_mut::<Readers>()
            .by_name
            .insert(name, read::<M>);
        self
    }
}

/// A typed message from a player, to be read with a `MessageReader` in [`crate::StepSet::Simulate`] of the tick
/// at which it arrived.
#[derive(Message, Clone, Debug)]
pub struct FromPlayer<M: Send + Sync + 'static> {
    /// Who sent it.
    pub player: Entity,
    /// Its request number, to be answered with [`Outbox::accept`] or [`Outbox::refuse`]; 0: no answer wanted.
    pub request: Request,
    /// What it says.
    pub message: M,
}

impl Outbox {
    /// Sends a plugin's message to a session under its name.
    pub fn send_custom<M: Serialize>(
        &mut self,
        session: SessionId,
        name: &str,
        from: Option<&Player>,
        message: &M,
    ) {
        let mut body = Vec::new();
        codec::encode(message, &mut body);
        let (tick, player) = (self.out.tick, from.map(|player| player.id));
        let said = CustomSaid {
            tick,
            player,
            name: name.to_owned(),
            body: Body(body),
        };
        self.send(session, &ServerMessage::Custom(said));
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

type Read = fn(&mut World, Entity, Request, &[u8]) -> Result<(), Refusal>;

/// How to read the messages of plugins, by name.
#[derive(Resource, Default)]
struct Readers {
    by_name: BTreeMap<&'static str, Read>,
}

pub(crate) fn plugin(app: &mut App) {
    app.init_resource::<Extras>().init_resource::<Readers>();
    Declared::derived::<Extras>(app);
    Declared::derived::<Readers>(app);
}

/// Hands a plugin's message over.
pub(crate) fn receive(world: &mut World, player: Entity, custom: &Custom) -> Result<(), Refusal> {
    if custom.body.0.len() > MAX_CUSTOM_BYTES {
        return Err(Refusal::UnknownMessage);
    }
    let read = world
        .resource::<Readers>()
        .by_name
        .get(custom.name.as_str())
        .copied();
    read.ok_or(Refusal::UnknownMessage)?(world, player, custom.request, &custom.body.0)
}

fn read<M: DeserializeOwned + Send + Sync + 'static>(
    world: &mut World,
    player: Entity,
    request: Request,
    body: &[u8],
) -> Result<(), Refusal> {
    let message = codec::decode::<M>(body).map_err(|_| Refusal::UnknownMessage)?;
    world.write_message(FromPlayer {
        player,
        request,
        message,
    });
    Ok(())
}
