//! Typed actions of players on a target, which game logic receives once the target is checked.

use std::{collections::BTreeMap, sync::Arc};

use bevy_app::App;
use bevy_ecs::{message::Messages, prelude::*};
use parlour_shared::message::{Act, Refusal, Request};
use serde::de::DeserializeOwned;

use super::{
    declarations::{self, DeclaredAs},
    messages::{self, Answer, ReceiveError, read_body},
};
use crate::{
    actions::{Reach, find_target},
    state,
};

/// An action of a player on an object or a player. Read it with a `MessageReader` in
/// [`crate::StepSet::Simulate`] of the tick at which it arrived.
///
/// When the request arrived, the player saw the target, and the target was within the reach of the
/// action. By now, other game logic may have despawned it.
#[derive(Message, Clone, Debug)]
pub struct ActionOn<M: Send + Sync + 'static> {
    /// The player that acts.
    pub player: Entity,
    /// The object or player that it acts on, in the same room. It may be the player itself.
    pub target: Entity,
    /// Its request number. 0: the player is sent an answer only if the request is refused.
    pub request: Request,
    /// The details of the action.
    pub message: M,
}

impl<M: Send + Sync + 'static> ActionOn<M> {
    /// Returns an answer that accepts the request.
    #[must_use]
    pub fn accept(&self) -> Answer<M> {
        Answer::new(self.player, self.request, None)
    }

    /// Returns an answer that refuses the request, like
    /// [`FromPlayer::refuse`](crate::FromPlayer::refuse).
    #[must_use]
    pub fn refuse(&self, refusal: Refusal) -> Answer<M> {
        Answer::new(self.player, self.request, Some(refusal))
    }
}

/// The actions that game logic declared, by name.
#[derive(Resource, Default)]
struct Actions(BTreeMap<&'static str, ActionReader>);

/// Reads an action of a player, and writes it for game logic.
type ActionReader = Arc<dyn Fn(&mut World, Entity, &Act) -> Result<(), NotReceived> + Send + Sync>;

/// Why game logic does not receive an action.
enum NotReceived {
    Unread(ReceiveError),
    Target(Refusal),
}

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Actions>();
    state::derived::<Actions>(app);
}

pub(super) fn declare<M: DeserializeOwned + Send + Sync + 'static>(
    app: &mut App,
    name: &'static str,
    reach: Reach,
    check: impl Fn(&M) -> Result<(), u16> + Send + Sync + 'static,
) {
    let taken = app.world().contains_resource::<Messages<ActionOn<M>>>();
    messages::add_buffer::<ActionOn<M>>(app);
    messages::add_answers::<M>(app);
    declarations::add::<M>(app, DeclaredAs::PlayerAction, name);
    // The message is read before the target is looked for, so that the answer to a bad message does
    // not depend on the target.
    let read = move |world: &mut World, player, act: &Act| {
        let message = read_body(&act.body, &check).map_err(NotReceived::Unread)?;
        let target = find_target(world, player, act.target, reach).map_err(NotReceived::Target)?;
        world.write_message(ActionOn {
            player,
            target,
            request: act.request,
            message,
        });
        Ok(())
    };
    let actions = &mut app.world_mut().resource_mut::<Actions>().0;
    let before = actions.insert(name, Arc::new(read));
    assert!(
        !taken && before.is_none(),
        "action {name}, or its type, is declared twice: keep one call of app.player_action, or choose a different name \
         and type"
    );
}

/// Passes an action of a player to game logic, if its target is in reach.
pub(crate) fn receive_action(world: &mut World, player: Entity, act: &Act) -> Result<(), Refusal> {
    let actions = &world.resource::<Actions>().0;
    let received = match actions.get(act.name.as_str()).map(Arc::clone) {
        None => Err(NotReceived::Unread(ReceiveError::Action)),
        Some(read) => read(world, player, act),
    };
    received.map_err(|error| match error {
        NotReceived::Target(refusal) => refusal,
        NotReceived::Unread(error) => messages::refusal_of(world, player, &act.name, error),
    })
}
