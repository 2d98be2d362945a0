//! Typed messages between players and game logic. Each type has a separate queue.

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
    sync::Arc,
};

use bevy_app::App;
use bevy_ecs::{component::ComponentId, message::Messages, prelude::*};
use parlour_shared::{
    codec::{self, CodecError},
    limits::{MAX_BAD_BODY_REASON, MAX_CUSTOM_BYTES, MAX_CUSTOM_JSON_BYTES},
    message::{Body, Custom, Refusal, Request},
};
use parlour_tick::UnknownMessage;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use super::{
    declarations::{self, DeclaredAs},
    to_players::{ToPlayers, send},
};
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

/// Reads a message of a player, and writes it for game logic.
type Reader = Arc<dyn Fn(&mut World, Entity, &Custom) -> Result<(), ReceiveError> + Send + Sync>;
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

pub(super) fn from_player<M: DeserializeOwned + Send + Sync + 'static>(
    app: &mut App,
    name: &'static str,
    check: impl Fn(&M) -> Result<(), u16> + Send + Sync + 'static,
) {
    let taken = app.world().contains_resource::<Messages<FromPlayer<M>>>();
    add_buffer::<FromPlayer<M>>(app);
    add_answers::<M>(app);
    declarations::add::<M>(app, DeclaredAs::PlayerMessage, name);
    let read = move |world: &mut World, player, custom: &Custom| {
        let message = read_body(&custom.body, &check)?;
        world.write_message(FromPlayer {
            player,
            request: custom.request,
            message,
        });
        Ok(())
    };
    let handlers = &mut app.world_mut().resource_mut::<MessageHandlers>().0;
    let before = handlers.readers.insert(name, Arc::new(read));
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

pub(super) fn to_player<M>(app: &mut App, name: &'static str)
where
    M: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    add_buffer::<ToPlayers<M>>(app);
    declarations::add_message::<M>(app, name);
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
    let readers = &world.resource::<MessageHandlers>().0.readers;
    let received = match readers.get(custom.name.as_str()).map(Arc::clone) {
        None => Err(ReceiveError::Name),
        Some(read) => read(world, player, custom),
    };
    received.map_err(|error| refusal_of(world, player, &custom.name, error))
}

/// Reads the body of a message or an action, and checks the value.
pub(super) fn read_body<M: DeserializeOwned>(
    body: &Body,
    check: &impl Fn(&M) -> Result<(), u16>,
) -> Result<M, ReceiveError> {
    let most = match body {
        Body::Bytes(_) => MAX_CUSTOM_BYTES,
        Body::Json(_) => MAX_CUSTOM_JSON_BYTES,
    };
    if body.len() > most {
        return Err(ReceiveError::Length(most));
    }
    let message = codec::decode_body(body).map_err(|error| match (error, body) {
        (CodecError::Malformed(sentence), Body::Json(_)) => ReceiveError::Body(sentence),
        (error, _) => ReceiveError::Body(format!("the body is not a value of the type: {error}")),
    })?;
    check(&message).map_err(ReceiveError::Declined)?;
    Ok(message)
}

/// The reason why game logic does not receive a message or an action.
#[derive(Debug, Error)]
pub(super) enum ReceiveError {
    #[error("no plugin declared a message of players with this name")]
    Name,
    #[error("no plugin declared an action with this name")]
    Action,
    #[error("the body is longer than {0} bytes")]
    Length(usize),
    /// The sentence is for the client. It may contain a value, so the log does not have it.
    #[error("the body is not a value of the declared type")]
    Body(String),
    #[error("a check of game logic declined it with code {0}")]
    Declined(u16),
}

/// Returns the refusal for a message that game logic does not receive, and adds the message to the
/// output for the log.
pub(super) fn refusal_of(world: &mut World, player: Entity, name: &str, error: ReceiveError) -> Refusal {
    match error {
        ReceiveError::Declined(code) => return Refusal::Declined { code },
        ref error => note_unread(world, player, name, error),
    }
    let mut reason = match error {
        ReceiveError::Name | ReceiveError::Action => return Refusal::UnknownMessage,
        ReceiveError::Body(sentence) => sentence,
        error => error.to_string(),
    };
    reason.truncate(reason.floor_char_boundary(MAX_BAD_BODY_REASON));
    Refusal::BadBody { reason }
}

/// Adds a refused message to the output, so that the edge can log it. Beyond the maximum, nothing
/// is formatted: a flood must not cost more.
fn note_unread(world: &mut World, player: Entity, name: &str, error: &ReceiveError) {
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
