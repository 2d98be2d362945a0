//! What game logic can add to a world: components that are replicated or hashed, and typed
//! messages.
//!
//! The first page of the crate's documentation shows how plugins use it.

mod actions;
mod board_rules;
mod declarations;
mod messages;
mod object_kind;
mod room_components;
mod room_states;
mod to_players;
mod undeclared;

use std::time::Duration;

use bevy_app::App;
use bevy_ecs::prelude::*;
use parlour_shared::ids::{KindId, Tick};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    actions::Reach,
    answer_cache::BoardRule,
    chat::{self, Hearing},
    hidden_state,
    kinds::EntityKinds,
    movement, past, paths,
    player::Player,
    replication,
    rooms::{self, Joining, NewRoom, RoomChecks},
    state, timers, travel, wake_times,
};
pub use actions::ActionOn;
pub(crate) use actions::receive_action;
pub use board_rules::{BoardAnswer, BoardQuestion};
pub use declarations::{Declaration, DeclaredAs};
pub(crate) use declarations::{declarations, json_forms};
pub use messages::{Answer, FromPlayer};
pub(crate) use messages::{client_message_name, receive};
pub use object_kind::ObjectKind;
pub use room_states::{RoomStateError, RoomStates};
pub use to_players::ToPlayers;
pub(crate) use undeclared::{check_declarations, explain_errors};

/// Declares components, resources and messages of game logic to the simulation. Implemented for
/// [`bevy_app::App`]. The [first page](crate) has an example and the rules.
pub trait SimulationApp {
    /// Replicates a component of players to the viewers of the player, and makes it part of the
    /// state under this name. Its encoding has at most 64 bytes. A component without fields is a
    /// flag: viewers are sent whether the player has it. A player need not have the component;
    /// [`Self::player_component`] adds it to all.
    ///
    /// # Panics
    /// If 16 components of players are already replicated, this one is among them, or it is part
    /// of the state under a different name. A tick panics if the encoding is too long.
    fn replicate<C: Component + Serialize + DeserializeOwned>(&mut self, name: &'static str) -> &mut Self;

    /// Like [`Self::replicate`], for a component that every player has from the start, with its
    /// default value.
    ///
    /// # Panics
    /// As [`Self::replicate`], or if the component is already required of players.
    fn player_component<C: Component + Default + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> &mut Self;

    /// Lets a component of players belong to their stay in a room. When a player leaves the room,
    /// the component is removed, or has its default value again if all players have it
    /// ([`Self::player_component`]). Without this, a player keeps its components and takes them
    /// along into its next room of the same world.
    ///
    /// That happens before game logic receives [`RoomEvent::Left`](crate::RoomEvent::Left). May be
    /// called several times.
    fn stays_in_room<C: Component + Default>(&mut self) -> &mut Self;

    /// Replicates a component of rooms to all who are in the room, and makes it part of the state
    /// under this name. Insert it into the entity of a room, for example when
    /// [`RoomEvent::Created`](crate::RoomEvent::Created) arrives, and change it as you like: what
    /// changed is sent with this tick, also to players that enter later.
    ///
    /// It is a value of the room's state: `key` is its key, which clients cannot write, and its
    /// JSON text, of at most 1,024 bytes, is the value. So it is for what changes now and then, as
    /// with [`RoomStates`].
    ///
    /// ```
    /// # use bevy_app::App;
    /// # use bevy_ecs::prelude::*;
    /// # use parlour_sim::{RoomEvent, SimulationApp, StepSet, TickSchedule};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Component, Serialize, Deserialize)]
    /// struct Round {
    ///     number: u32,
    /// }
    ///
    /// fn rounds(app: &mut App) {
    ///     app.replicate_room::<Round>("round"); // clients have the key `round`: {"number":1}
    ///     app.add_systems(TickSchedule, begin.in_set(StepSet::Simulate));
    /// }
    ///
    /// fn begin(mut events: MessageReader<RoomEvent>, mut commands: Commands) {
    ///     for event in events.read() {
    ///         if let RoomEvent::Created { room } = *event {
    ///             commands.entity(room).insert(Round { number: 1 });
    ///         }
    ///     }
    /// }
    /// # parlour_sim::Simulation::with_plugins(parlour_sim::SimConfig::new(Vec::new()), rounds);
    /// ```
    ///
    /// # Panics
    /// If the key is invalid or declared before, the component is part of the state under a
    /// different name, or there are 64 such components. A tick panics if the JSON text is too long,
    /// or the value contains a float.
    fn replicate_room<C: Component + Serialize + DeserializeOwned>(&mut self, key: &'static str)
    -> &mut Self;

    /// Declares a kind of objects, which [`crate::Objects`] spawns.
    ///
    /// # Panics
    /// If the name is taken, a component is named twice, or there are too many kinds or components.
    fn object_kind(&mut self, kind: ObjectKind) -> &mut Self;

    /// Makes a component part of the state under this name: it is hashed, saved in keyframes, and
    /// shown in recordings. Players and rooms have a [`crate::StableId`]. Other entities with the
    /// component need one from [`crate::StableId::game`].
    ///
    /// The component must not contain entity ids, which mean nothing in a loaded world: name
    /// players by their [`parlour_shared::ids::PlayerId`].
    ///
    /// # Panics
    /// If the component was declared before, or the name is taken. A tick panics if the value
    /// contains a float.
    fn state_component<C: Component + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> &mut Self;

    /// Makes a resource part of the state under this name. It is hashed in full at each tick in
    /// which it changed; a change through interior mutability is not noticed.
    ///
    /// # Panics
    /// If the resource was declared before, or the name is taken. A tick panics if the value
    /// contains a float.
    fn state_resource<R: Resource + Serialize + DeserializeOwned>(&mut self, name: &'static str)
    -> &mut Self;

    /// Lets players carry a component from world to world: a player that enters a different world
    /// of the node takes the value along, if that world also declares the name as travelling. The
    /// component is part of the state under the same name, and may have been declared so before.
    ///
    /// A value that has more than 1,024 encoded bytes stays behind, and so does one that the next
    /// world cannot decode: the player then has the component as a new player does. A world that
    /// does not know the name keeps the value and passes it on. A player carries at most 16 values:
    /// all those that the world it leaves knows, and then those of other worlds, by name.
    ///
    /// # Panics
    /// If the component is part of the state under a different name, the name is taken, or 16
    /// components already travel.
    fn travels<C: Component + Serialize + DeserializeOwned>(&mut self, name: &'static str) -> &mut Self;

    /// Adds a [`crate::Control`] to every player, with which game logic moves it. It can also be
    /// inserted into objects. May be called several times.
    fn control_motion(&mut self) -> &mut Self;

    /// Keeps where players and objects were for this much time, at most 250 ms (15 ticks), so that
    /// game logic can ask [`crate::PastSpace`]. May be called several times: the longest time
    /// applies.
    ///
    /// The past is part of the state: up to 16 segments of each entity. An entity whose motion does
    /// not change costs nothing in a tick. The second change of its motion in a room allocates
    /// memory for its past, and no further one does.
    ///
    /// # Panics
    /// If the time is longer than 250 ms.
    fn keep_past_positions(&mut self, time: Duration) -> &mut Self;

    /// Sets the collision layer of players, 0 to 31. The default is 0.
    ///
    /// # Panics
    /// If there is no such layer.
    fn player_layer(&mut self, layer: u8) -> &mut Self;

    /// Lets the bodies of these layers stop players. Clients receive the layers, and predict it for
    /// the bodies that they see. May be called several times: the layers of all calls apply.
    ///
    /// # Panics
    /// If there is no such layer.
    fn players_stopped_by(&mut self, layers: &[u8]) -> &mut Self;

    /// Lets game logic refuse a room that is about to be created by a join, a reservation or a
    /// door, or narrow its rules ([`NewRoom::rules`]). To refuse it, `check` returns the code for
    /// `declined`. If there are several functions, all of them must accept the room. The function
    /// must depend on its argument only: it also runs when a saved world is loaded.
    fn accept_room(
        &mut self,
        check: impl Fn(&mut NewRoom<'_>) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self;

    /// Lets game logic refuse a player that wants to enter a room that exists: by a join, with a
    /// reserved seat or through a door. To refuse it, `check` returns the code for `declined`. It
    /// may read the world, and is called between [`StepSet::Ingest`](crate::StepSet::Ingest) and
    /// [`StepSet::React`](crate::StepSet::React). The player that creates a room is not checked:
    /// [`Self::accept_room`] decides about that.
    fn may_join(
        &mut self,
        check: impl Fn(&World, Joining) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self;

    /// Lets game logic keep near chats from some of the players near the speaker: behind a door, or
    /// in a quiet zone. It is called for each of them but the speaker, and returns whether the
    /// player hears the chat. If there are several functions, all of them must agree. It may read
    /// the world, with the positions of the tick before. Chats to the room are not checked.
    ///
    /// For the limit on bytes per room, a chat counts as if all players nearby heard it.
    fn may_hear(&mut self, check: impl Fn(&World, Hearing) -> bool + Send + Sync + 'static) -> &mut Self;

    /// Declares that a component or resource is not part of the state: it is derived from the
    /// state, or only for presentation.
    fn presentation_only<C: Component>(&mut self) -> &mut Self;

    /// Lets players send messages of this type under this name. They arrive as [`FromPlayer`], and
    /// game logic answers with [`Answer`]. A message that is not a value of this type is refused
    /// with `bad_body`.
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn player_message<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
    ) -> &mut Self {
        self.player_message_checked::<M>(name, |_| Ok(()))
    }

    /// Like [`Self::player_message`]. `check` returns the code for `declined` if the message is not
    /// valid in itself, such as a number out of range: game logic then does not receive it. It must
    /// depend only on its argument.
    ///
    /// ```
    /// # use parlour_sim::{SimConfig, Simulation, SimulationApp};
    /// # #[derive(serde::Deserialize)]
    /// # struct Wave { times: u32 }
    /// const BAD_NUMBER: u16 = 1;
    ///
    /// # Simulation::with_plugins(SimConfig::new(Vec::new()), |app: &mut bevy_app::App| {
    /// app.player_message_checked::<Wave>("wave", |wave| match wave.times {
    ///     1..=1000 => Ok(()),
    ///     _ => Err(BAD_NUMBER),
    /// });
    /// # });
    /// ```
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn player_message_checked<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        check: impl Fn(&M) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self;

    /// Lets game logic set timers with messages of this type, with [`crate::Timers`]. They are part
    /// of the state under this name, and arrive as [`crate::TimerRang`].
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn timer_message<M>(&mut self, name: &'static str) -> &mut Self
    where
        M: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// Sets a timer for each room when it is created, which rings each time after this much time as
    /// long as the room exists: rounds, waves of guards. It declares the type as
    /// [`Self::timer_message`] does. [`TimerRang::of`](crate::TimerRang::of) is the room.
    ///
    /// The room has no timer if the world has 65,536 timers of this type.
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn room_timer<M>(&mut self, name: &'static str, time: Duration, message: M) -> &mut Self
    where
        M: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// Lets players act on objects and players under this name, with this type as the details.
    /// Actions arrive as [`ActionOn`], and game logic answers with [`Answer`]. The server checks
    /// before that the player sees the target and reaches it. If not, it refuses the action with
    /// `out_of_reach`.
    ///
    /// # Panics
    /// If another action has the name or the type.
    fn player_action<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        reach: Reach,
    ) -> &mut Self {
        self.player_action_checked::<M>(name, reach, |_| Ok(()))
    }

    /// Like [`Self::player_action`], with a check of the details as in
    /// [`Self::player_message_checked`]. The target is not looked for if it fails.
    ///
    /// # Panics
    /// If another action has the name or the type.
    fn player_action_checked<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        reach: Reach,
        check: impl Fn(&M) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self;

    /// Lets objects with a [`crate::Route`] walk to their targets ([`crate::FollowPaths`]). All
    /// their searches together use at most this many nodes per tick; a node is a tile that is
    /// looked at. May be called several times: the largest number applies.
    ///
    /// The number is part of the state: a saved world goes on with the number that it was saved
    /// with. To change it there, call [`crate::PathSearches::set_nodes_per_tick`] in a system.
    fn follow_paths(&mut self, nodes_per_tick: u32) -> &mut Self;

    /// Reserves the keys of room state that begin with this prefix for game logic: a client that
    /// writes one is refused with `not_yours`. Game logic writes them, and any other keys, with
    /// [`RoomStates`].
    fn owns_state(&mut self, prefix: &'static str) -> &mut Self;

    /// Keeps the answers of a rule about the boards of rooms, and lets clients ask under this name.
    ///
    /// Every entity with a board has an [`AnswerCache`](crate::AnswerCache) from then on. A client
    /// sends a [`BoardQuestion`] about the board of its room, and is sent a [`BoardAnswer`] of the
    /// same name. A question about a different version of the board is refused with `stale_version`
    /// and the current one, and a question in a room without a board with `declined` and the code
    /// 0.
    ///
    /// The key is reserved for game logic, as with [`Self::owns_state`].
    ///
    /// # Panics
    /// If the rule is declared twice, a message of players or to players has the name, or
    /// [`BoardRule::KEY`] is not a valid key.
    fn board_rule<R: BoardRule>(&mut self, name: &'static str) -> &mut Self;

    /// Names the next tick in which systems in the set [`MaySleep`](crate::MaySleep) have something
    /// to do without any event: the end of a round, a bomb that explodes. The function is called at
    /// the end of a tick, not necessarily of each one; it must depend only on the state and the
    /// tick. `None`: nothing until an event arrives or the state changes.
    ///
    /// ```
    /// use bevy_app::App;
    /// use bevy_ecs::prelude::*;
    /// use parlour_shared::ids::Tick;
    /// use parlour_sim::{Clock, MaySleep, SimConfig, Simulation};
    /// use parlour_sim::{SimulationApp, StepSet, TickSchedule};
    /// use parlour_tick::{TickInput, TickOutput};
    /// use serde::{Deserialize, Serialize};
    ///
    /// /// The tick in which the round ends.
    /// #[derive(Resource, Serialize, Deserialize)]
    /// struct RoundEnd(Option<Tick>);
    ///
    /// fn end_round(clock: Res<Clock>, mut end: ResMut<RoundEnd>) {
    ///     if end.0.is_some_and(|end| clock.tick >= end) {
    ///         end.0 = None;
    ///     }
    /// }
    ///
    /// fn rounds(app: &mut App) {
    ///     app.insert_resource(RoundEnd(Some(Tick(600))));
    ///     app.state_resource::<RoundEnd>("round_end");
    ///     app.add_systems(TickSchedule, end_round.in_set(StepSet::Simulate).in_set(MaySleep));
    ///     app.sleeps_until(|world| world.resource::<RoundEnd>().0);
    /// }
    ///
    /// let mut world = Simulation::with_plugins(SimConfig::new(Vec::new()), rounds);
    /// let (mut input, mut output) = (TickInput::default(), TickOutput::default());
    /// for _ in 0..20 {
    ///     world.step(&mut input, &mut output);
    /// }
    /// assert_eq!(world.quiet_until(), Some(Tick(600)));
    /// ```
    fn sleeps_until(&mut self, next: impl Fn(&World) -> Option<Tick> + Send + Sync + 'static) -> &mut Self;

    /// Allows a [`Local`](crate::Local), [`Added`](crate::Added), [`Changed`](crate::Changed) or
    /// [`RemovedComponents`](crate::RemovedComponents) of game logic, so that a server does not
    /// warn of it. `name` is the end of the path of the system, such as `count` or `tag::count`; or
    /// the parameter, such as `Local<Scratch>`, for all systems. `why` says why no later tick
    /// depends on it.
    fn allow_hidden_state(&mut self, name: &'static str, why: &'static str) -> &mut Self;

    /// Lets game logic send messages of this type to players under this name, as [`ToPlayers`].
    ///
    /// # Panics
    /// If the name or the type is taken.
    fn client_message<M>(&mut self, name: &'static str) -> &mut Self
    where
        M: Serialize + DeserializeOwned + Send + Sync + 'static;
}

/// Makes a component part of the state. It may be so already, under the same name.
///
/// # Panics
/// If it is part of the state under a different name.
fn declare_once<C: Component + Serialize + DeserializeOwned>(app: &mut App, name: &'static str) {
    match state::name_of::<C>(app) {
        None => state::component::<C>(app, name),
        Some(known) => assert!(
            known == name,
            "the component {} is part of the state as {known}, and cannot be replicated as {name}",
            std::any::type_name::<C>()
        ),
    }
}

impl SimulationApp for App {
    fn replicate<C: Component + Serialize + DeserializeOwned>(&mut self, name: &'static str) -> &mut Self {
        let kinds = &mut self.world_mut().resource_mut::<EntityKinds>();
        let index = kinds.add_component(KindId::PLAYER, name);
        declare_once::<C>(self, name);
        declarations::add_component::<C>(self, KindId::PLAYER, name);
        replication::replicate_component::<C>(self, index);
        self
    }

    fn player_component<C: Component + Default + Serialize + DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> &mut Self {
        self.replicate::<C>(name);
        self.register_required_components::<Player, C>();
        self
    }

    fn stays_in_room<C: Component + Default>(&mut self) -> &mut Self {
        rooms::reset_on_leave::<C>(self);
        self
    }

    fn replicate_room<C: Component + Serialize + DeserializeOwned>(
        &mut self,
        key: &'static str,
    ) -> &mut Self {
        room_components::replicate::<C>(self, key);
        self
    }

    fn object_kind(&mut self, kind: ObjectKind) -> &mut Self {
        kind.declare(self);
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

    fn travels<C: Component + Serialize + DeserializeOwned>(&mut self, name: &'static str) -> &mut Self {
        travel::declare::<C>(self, name);
        self
    }

    fn control_motion(&mut self) -> &mut Self {
        movement::add_control(self);
        self
    }

    fn keep_past_positions(&mut self, time: Duration) -> &mut Self {
        past::keep(self, time);
        self
    }

    fn player_layer(&mut self, layer: u8) -> &mut Self {
        let mut kinds = self.world_mut().resource_mut::<EntityKinds>();
        kinds.set_player_layer(layer);
        self
    }

    fn players_stopped_by(&mut self, layers: &[u8]) -> &mut Self {
        let mut kinds = self.world_mut().resource_mut::<EntityKinds>();
        kinds.stop_players_by(layers);
        if !layers.is_empty() {
            movement::add_solid_bodies(self);
        }
        self
    }

    fn accept_room(
        &mut self,
        check: impl Fn(&mut NewRoom<'_>) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self {
        let mut checks = self.world_mut().resource_mut::<RoomChecks>();
        checks.add(Box::new(check));
        self
    }

    fn may_join(
        &mut self,
        check: impl Fn(&World, Joining) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self {
        let mut checks = self.world_mut().resource_mut::<RoomChecks>();
        checks.add_for_players(Box::new(check));
        self
    }

    fn may_hear(&mut self, check: impl Fn(&World, Hearing) -> bool + Send + Sync + 'static) -> &mut Self {
        chat::add_check(self, Box::new(check));
        self
    }

    fn presentation_only<C: Component>(&mut self) -> &mut Self {
        state::derived::<C>(self);
        self
    }

    fn player_message_checked<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        check: impl Fn(&M) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self {
        messages::from_player::<M>(self, name, check);
        self
    }

    fn timer_message<M>(&mut self, name: &'static str) -> &mut Self
    where
        M: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        timers::declare::<M>(self, name);
        self
    }

    fn room_timer<M>(&mut self, name: &'static str, time: Duration, message: M) -> &mut Self
    where
        M: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    {
        timers::declare_for_rooms(self, name, time, message);
        self
    }

    fn owns_state(&mut self, prefix: &'static str) -> &mut Self {
        if room_states::own(self, prefix) {
            messages::add_sender(self, Box::new(room_states::send_changes));
        }
        self
    }

    fn board_rule<R: BoardRule>(&mut self, name: &'static str) -> &mut Self {
        board_rules::declare::<R>(self, name);
        self.owns_state(R::KEY)
    }

    fn player_action_checked<M: DeserializeOwned + Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        reach: Reach,
        check: impl Fn(&M) -> Result<(), u16> + Send + Sync + 'static,
    ) -> &mut Self {
        actions::declare::<M>(self, name, reach, check);
        self
    }

    fn follow_paths(&mut self, nodes_per_tick: u32) -> &mut Self {
        paths::follow_paths(self, nodes_per_tick);
        self
    }

    fn client_message<M>(&mut self, name: &'static str) -> &mut Self
    where
        M: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        messages::to_player::<M>(self, name);
        self
    }

    fn allow_hidden_state(&mut self, name: &'static str, why: &'static str) -> &mut Self {
        hidden_state::allow(self, name, why);
        self
    }

    fn sleeps_until(&mut self, next: impl Fn(&World) -> Option<Tick> + Send + Sync + 'static) -> &mut Self {
        wake_times::wakes_at(self, Box::new(next));
        self
    }
}

pub(crate) fn plugin(app: &mut App) {
    declarations::plugin(app);
    messages::plugin(app);
    actions::plugin(app);
}
