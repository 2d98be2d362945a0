//! Typed messages between players and game logic. Each type has a separate queue.

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use bevy_app::App;
use bevy_ecs::{component::ComponentId, message::Messages, prelude::*};
use parlour_shared::{
    codec::{self, CodecError},
    limits::MAX_CUSTOM_BYTES,
    message::{Custom, Refusal, Request},
};
use parlour_tick::UnknownMessage;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use super::to_players::{ToPlayers, send};
use crate::{
    outbox::Outbox,
    player::Player,
    refusal::{Cause, refuse},
    replication::ReplicateSet,
    schedule::TickSchedule,
    state,
};

/// A typed message from a player. Read it with a `MessageReader` in [`crate::StepSet::Simulate`] of
/// the tick at which it arrived.
#[derive(Message, Clone, Debug)]
pub struct FromPlayer<M: Send + Sync + 'static> {
    /// The player that sent it.
    pub player: Entity,
    /// Its request number. 0: the player is sent an answer only if the request is refused.
    pub request: Request,
    /// The message.
    pub message: M,
}

impl<M: Send + Sync + 'static> FromPlayer<M> {
    /// Returns an answer that accepts the request.
    #[must_use]
    pub fn accept(&self) -> Answer<M> {
        Answer::new(self.player, self.request, None)
    }

    /// Returns an answer that refuses the request. It counts like the refusal of a built-in
    /// request: a player that repeats senseless requests is disconnected.
    #[must_use]
    pub fn refuse(&self, refusal: Refusal) -> Answer<M> {
        Answer::new(self.player, self.request, Some(refusal))
    }
}

/// The answer to a [`FromPlayer`] or an [`ActionOn`](crate::ActionOn). Write it with a
/// `MessageWriter`; it is sent with this tick.
#[derive(Message, Debug)]
pub struct Answer<M: Send + Sync + 'static> {
    player: Entity,
    request: Request,
    refusal: Option<Refusal>,
    to: PhantomData<fn(M)>,
}

impl<M: Send + Sync + 'static> Answer<M> {
    pub(super) fn new(player: Entity, request: Request, refusal: Option<Refusal>) -> Self {
        Self {
            player,
            request,
            refusal,
            to: PhantomData,
        }
    }
}

type Reader = fn(&mut World, Entity, Request, &[u8]) -> Result<(), CodecError>;
type Sender = Box<dyn Fn(&mut World) + Send + Sync>;

/// The functions that read and send the messages of plugins.
#[derive(Default)]
struct Handlers {
    readers: BTreeMap<&'static str, Reader>,
    /// The buffers of all declared messages.
    buffers: BTreeSet<ComponentId>,
    /// The names of messages to players, by type.
    names: BTreeMap<TypeId, &'static str>,
    /// The functions that send messages to players and answers, in the order of declaration.
    senders: Vec<Sender>,
}

/// In a box, because Bevy reserves memory for 64 values of each type of resource.
#[derive(Resource, Default)]
struct MessageHandlers(Box<Handlers>);

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<MessageHandlers>();
    state::derived::<MessageHandlers>(app);
}

pub(super) fn from_player<M: DeserializeOwned + Send + Sync + 'static>(app: &mut App, name: &'static str) {
    let taken = app.world().contains_resource::<Messages<FromPlayer<M>>>();
    add_buffer::<FromPlayer<M>>(app);
    add_answers::<M>(app);
    let handlers = &mut app.world_mut().resource_mut::<MessageHandlers>().0;
    let before = handlers.readers.insert(name, read::<M>);
    assert!(
        !taken && before.is_none(),
        "message {name} of players, or its type, is declared twice: keep one call of app.player_message, or choose a \
         different name and type"
    );
}

/// Lets game logic answer requests of this type. There may be both messages and actions of a type.
pub(super) fn add_answers<M: Send + Sync + 'static>(app: &mut App) {
    if app.world().contains_resource::<Messages<Answer<M>>>() {
        return;
    }
    add_buffer::<Answer<M>>(app);
    add_sender(app, Box::new(|world| drain::<Answer<M>>(world, answer)));
}

pub(super) fn to_player<M: Serialize + Send + Sync + 'static>(app: &mut App, name: &'static str) {
    add_buffer::<ToPlayers<M>>(app);
    let names = &mut app.world_mut().resource_mut::<MessageHandlers>().0.names;
    let is_new = names.values().all(|known| *known != name);
    let before = names.insert(TypeId::of::<M>(), name);
    assert!(
        is_new && before.is_none(),
        "message {name} to players, or its type, is declared twice: keep one call of app.client_message, or choose a \
         different name and type"
    );
    let sender = move |world: &mut World| {
        drain::<ToPlayers<M>>(world, |world, message| send(world, name, &message));
    };
    add_sender(app, Box::new(sender));
}

/// Adds a function that sends messages. The first one adds the system that calls all of them, so
/// that a world without messages does not run it.
pub(super) fn add_sender(app: &mut App, sender: Sender) {
    let senders = &mut app.world_mut().resource_mut::<MessageHandlers>().0.senders;
    senders.push(sender);
    if senders.len() == 1 {
        app.add_systems(TickSchedule, deliver.in_set(ReplicateSet::Deliver));
    }
}

pub(super) fn add_buffer<M: Message>(app: &mut App) {
    app.add_message::<M>();
    let buffer = app.world_mut().register_component::<Messages<M>>();
    app.world_mut()
        .resource_mut::<MessageHandlers>()
        .0
        .buffers
        .insert(buffer);
}

/// Returns whether this component is the buffer of a declared message type.
pub(super) fn is_declared(world: &World, buffer: ComponentId) -> bool {
    world.resource::<MessageHandlers>().0.buffers.contains(&buffer)
}

/// Returns the name of the messages of this type to players, or `None` if it is not declared.
pub(crate) fn client_message_name<M: 'static>(world: &World) -> Option<&'static str> {
    let handlers = &world.resource::<MessageHandlers>().0;
    handlers.names.get(&TypeId::of::<M>()).copied()
}

/// Passes a message of a player to its plugin.
pub(crate) fn receive(world: &mut World, player: Entity, custom: &Custom) -> Result<(), Refusal> {
    let read = world
        .resource::<MessageHandlers>()
        .0
        .readers
        .get(custom.name.as_str())
        .copied();
    let received = match read {
        None => Err(ReceiveError::Name),
        Some(_) if custom.body.0.len() > MAX_CUSTOM_BYTES => Err(ReceiveError::Length),
        Some(read) => read(world, player, custom.request, &custom.body.0).map_err(ReceiveError::Body),
    };
    received.map_err(|error| {
        note_unknown(world, player, &custom.name, &error);
        Refusal::UnknownMessage
    })
}

/// The reason why a custom message or an action is refused as unknown.
#[derive(Debug, Error)]
pub(super) enum ReceiveError {
    #[error("no plugin declared a message of players with this name")]
    Name,
    #[error("no plugin declared an action with this name")]
    Action,
    #[error("the body is longer than {MAX_CUSTOM_BYTES} bytes")]
    Length,
    #[error("the body: {0}")]
    Body(CodecError),
}

/// Adds a refused message to the output, so that the edge can log it. The client is sent only the
/// class of the refusal. Beyond the maximum, nothing is formatted: a flood must not cost more.
pub(super) fn note_unknown(world: &mut World, player: Entity, name: &str, error: &ReceiveError) {
    let Some(session) = world.get::<Player>(player).map(|player| player.session) else {
        return;
    };
    let unknown = &mut world.resource_mut::<Outbox>().out.unknown;
    if unknown.len() < UnknownMessage::MAX_PER_TICK {
        unknown.push(UnknownMessage {
            session,
            name: name.chars().take(UnknownMessage::MAX_NAME).collect(),
            reason: error.to_string(),
        });
    }
}

/// Moves the messages that plugins wrote in this tick into the outbox, type by type in the order of
/// declaration.
pub(super) fn deliver(world: &mut World) {
    // A world does not continue after a panic, so they need not be put back then.
    let senders = std::mem::take(&mut world.resource_mut::<MessageHandlers>().0.senders);
    for sender in &senders {
        sender(world);
    }
    world.resource_mut::<MessageHandlers>().0.senders = senders;
}

fn read<M: DeserializeOwned + Send + Sync + 'static>(
    world: &mut World,
    player: Entity,
    request: Request,
    body: &[u8],
) -> Result<(), CodecError> {
    let message = codec::decode::<M>(body)?;
    world.write_message(FromPlayer {
        player,
        request,
        message,
    });
    Ok(())
}

fn drain<M: Message>(world: &mut World, mut each: impl FnMut(&mut World, M)) {
    if world.resource::<Messages<M>>().is_empty() {
        return;
    }
    world.resource_scope(|world, mut messages: Mut<Messages<M>>| {
        for message in messages.drain() {
            each(world, message);
        }
    });
}

fn answer<M: Send + Sync + 'static>(world: &mut World, answer: Answer<M>) {
    if let Some(refusal) = answer.refusal {
        refuse(world, answer.player, Cause::Request(answer.request), refusal);
    } else if let Some(session) = world.get::<Player>(answer.player).map(|player| player.session) {
        let mut outbox = world.resource_mut::<Outbox>();
        outbox.accept(session, answer.request, None);
    }
}
