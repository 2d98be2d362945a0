//! The world of Parlour. [`Simulation::step`] turns one [`TickInput`](parlour_tick::TickInput) into
//! one [`TickOutput`](parlour_tick::TickOutput), and nothing else changes the world.
//!
//! This crate uses no socket, clock, thread or file. Time is the tick number, random numbers are
//! seeded, and the same inputs give the same hashes on every machine. The crate `parlour`
//! runs a world 60 times a second and connects players to it. The first page of its documentation
//! shows how to start a server with your game logic.
//!
//! # Game logic
//!
//! Game logic is an ordinary [`bevy_app::Plugin`]. This one counts how often each player waved, and
//! shows the count to nearby players:
//!
//! ```
//! use bevy_app::{App, Plugin};
//! use bevy_ecs::prelude::*;
//! use parlour_shared::{ids::{PlayerId, SessionId}, message::{Body, ClientMessage, Custom}};
//! use parlour_sim::{
//!     Answer, FromPlayer, Player, SimConfig, Simulation, SimulationApp, StepSet, TickSchedule,
//! };
//! use parlour_tick::{Arrival, Event, EventKind, TickInput, TickOutput};
//! use serde::{Deserialize, Serialize};
//!
//! /// How often the player waved. Part of the state, and sent to all viewers of the player.
//! #[derive(Component, Default, Serialize, Deserialize)]
//! struct Waves(u32);
//!
//! /// The body of the `custom` message `wave`, which clients send.
//! #[derive(Deserialize)]
//! struct Wave {
//!     times: u8,
//! }
//!
//! struct Waving;
//!
//! impl Plugin for Waving {
//!     fn build(&self, app: &mut App) {
//!         app.replicate::<Waves>("waves").player_message::<Wave>("wave");
//!         app.register_required_components::<Player, Waves>();
//!         app.add_systems(TickSchedule, wave.in_set(StepSet::Simulate));
//!     }
//! }
//!
//! fn wave(
//!     mut requests: MessageReader<FromPlayer<Wave>>,
//!     mut answers: MessageWriter<Answer<Wave>>,
//!     mut players: Query<&mut Waves>,
//! ) {
//!     for request in requests.read() {
//!         if let Ok(mut waves) = players.get_mut(request.player) {
//!             waves.0 = waves.0.saturating_add(request.message.times.into());
//!         }
//!         answers.write(request.accept());
//!     }
//! }
//!
//! // A player arrives and waves three times, as it would through a client.
//! let ada = SessionId(1);
//! let wave = Custom {
//!     request: 1,
//!     name: "wave".into(),
//!     // The body in the encoding of clients: one byte for `times`.
//!     body: Body::Bytes(vec![3]),
//! };
//! let message = ClientMessage::Custom(wave);
//! let arrival = Arrival::new(PlayerId(7), "Ada".into());
//! let mut input = TickInput::default();
//! input.events = vec![
//!     Event { session: ada, kind: EventKind::Arrive(arrival) },
//!     Event { session: ada, kind: EventKind::Message { early: 0, message } },
//! ];
//!
//! // One tick. The output contains the frames for each session, and the state hash.
//! let mut world = Simulation::with_plugins(SimConfig::new(Vec::new()), Waving);
//! let mut output = TickOutput::default();
//! world.step(&mut input, &mut output);
//! assert_eq!(world.tick().0, 1);
//! assert!(output.frames.iter().all(|frame| frame.session == ada));
//! let waves = world.world().iter_entities().find_map(|entity| entity.get::<Waves>());
//! assert_eq!(waves.map(|waves| waves.0), Some(3));
//! ```
//!
//! `server/sim/examples/mood.rs` is a larger plugin, explained line by line. It runs with
//! `cargo run -p parlour-sim --example mood`.
//!
//! ## Systems
//!
//! Add systems to the schedule [`TickSchedule`], in one of its sets ([`StepSet`]), usually
//! [`StepSet::Simulate`]. Two systems that access the same data, at least one of them mutably, need
//! an explicit order. Without one, building the world panics, and the panic names both systems. A
//! system that moves players runs before [`Walk`]. A system that reads the positions of this tick
//! runs after it.
//!
//! ## State
//!
//! Declare each component and resource once, with a method of [`SimulationApp`]:
//!
//! * [`replicate`](SimulationApp::replicate): a component of players that is part of the state and
//!   is sent to viewers. [`player_component`](SimulationApp::player_component): also, every player
//!   has it from the start. A component without fields is a flag.
//! * [`replicate_room`](SimulationApp::replicate_room): a component of rooms that is part of the
//!   state and sent to all in the room.
//! * [`state_component`](SimulationApp::state_component),
//!   [`state_resource`](SimulationApp::state_resource): part of the state, but not sent.
//! * [`presentation_only`](SimulationApp::presentation_only): not part of the state.
//! * [`travels`](SimulationApp::travels): a component of players that is part of the state, and
//!   that a player takes along into other worlds.
//! * [`stays_in_room`](SimulationApp::stays_in_room): a component of players that is reset when a
//!   player leaves its room.
//!
//! Entities of your own need a [`StableId`].
//!
//! A [`Local`], [`Added`], [`Changed`] or [`RemovedComponents`] is not part of the state. A server
//! names the systems that have one, unless
//! [`allow_hidden_state`](SimulationApp::allow_hidden_state) allows it.
//!
//! ## Messages
//!
//! * [`player_message`](SimulationApp::player_message): players can send this type. It arrives as
//!   [`FromPlayer`], and game logic answers with [`Answer`]. With
//!   [`player_message_checked`](SimulationApp::player_message_checked), only if a check accepts it.
//! * [`player_action`](SimulationApp::player_action): players can act on objects and players with
//!   this type. It arrives as [`ActionOn`], once the target is checked.
//! * [`client_message`](SimulationApp::client_message): game logic can send this type to players,
//!   as [`ToPlayers`]: to one, to those near one, to a room or to the world.
//! * [`timer_message`](SimulationApp::timer_message): game logic can set [`Timers`] with this type.
//!   It arrives as [`TimerRang`]. [`room_timer`](SimulationApp::room_timer) also sets one for each
//!   new room.
//! * [`may_hear`](SimulationApp::may_hear): game logic decides who hears a near chat ([`Hearing`]).
//! * [`board_rule`](SimulationApp::board_rule): players can ask a [`BoardRule`], such as where a
//!   piece may go. Its answers are kept in an [`AnswerCache`].
//! * [`RoomEvent`]: rooms are created and end, players enter, leave, drop and resume.
//!
//! Each type of message has a separate queue. So plugins that are independent of each other share
//! no data, and need no order between them.
//!
//! ## What game logic can read
//!
//! * players: [`Player`], [`CurrentPosition`], [`Motion`], [`Skin`], [`Seat`], [`InRoom`], and
//!   [`Dropped`] while the link is lost
//! * rooms: [`Rooms`], [`Room`], [`RoomOptions`], [`RoomListing`], [`Seats`], [`RoomState`]
//! * which players are near each other: [`Nearby`]; and when that changes: [`CameNear`] and
//!   [`WentAway`]
//! * where players and objects are: [`Space`] finds those in a circle or a rectangle, the nearest
//!   and the first one along a line, and says who sees whom. [`PastSpace`] does the same with the
//!   positions of one of the last ticks
//! * the tick: [`Clock`], [`every`], [`Cooldown`]; random numbers: [`Chance`]; the seed: [`Setup`]
//! * objects: [`Object`], [`ObjectSlots`], [`EntityKinds`]; [`Objects`] spawns them
//! * paths over a map: objects with a [`Route`] follow them. Without an object, a [`PathQueue`]
//!   answers requests, and a [`FollowPath`] follows a path
//! * who owns an object: [`Owner`]
//!
//! It writes room state with [`RoomStates`], and changes the lock and the properties of rooms with
//! [`RoomListings`]. It turns, stops and teleports players and objects with [`Steer`], pushes,
//! carries and locks them with [`Control`], and sends objects to a target with [`Route`]. It takes
//! and releases objects with [`Owners`].
//!
//! ## Tests
//!
//! A test of game logic steps a world, as the example above does. The module `testing` of the crate
//! `parlour` shortens this: fake players join a `TestRoom`, and the test looks at what each of them
//! saw. It also checks that the logic is deterministic.
//!
//! ## What game logic does not need
//!
//! These types are public for the server, recordings and tools:
//!
//! * [`Link`], [`Sessions`], [`Throttle`]: the connections, sessions and rate limits of players
//! * [`Grid`], [`RestingIndex`], [`Proximity`], [`SlotPosition`]: the search behind [`Nearby`]
//! * [`ObjectInterest`], [`NearObjects`], [`ObjectLayer`], [`ObjectSpace`]: the objects near
//!   players, and the search behind them and behind [`Space`]
//! * [`SavedState`], [`EntityState`], [`SavedPart`], [`EntityOrder`], [`Fold`]: saved worlds and
//!   hashes
//! * [`HiddenState`]: systems that a server names when it starts
//! * [`Census`], [`PlayerInfo`], [`Tracing`]: queries and traced ticks of replays
//! * [`Perspective`]: what a watcher sees
//! * [`Declaration`], [`DeclaredAs`], [`Shape`], [`FieldShape`], [`VariantShape`]: what game logic
//!   declared, for descriptions of its types
//!
#![doc = include_str!("rooms.md")]
#![doc = include_str!("rules.md")]
#![forbid(unsafe_code)]

mod actions;
mod answer_cache;
mod broadcast_budget;
mod chance;
mod changed_rows;
mod chat;
mod clock;
mod config;
mod cooldown;
mod digest;
mod doors;
mod dropped;
mod extend;
mod failed_system;
mod hidden_state;
mod inbox;
mod kinds;
mod logic;
mod movement;
mod object_interest;
mod object_space;
mod objects;
mod outbox;
mod past;
mod paths;
mod player;
mod proximity;
mod refusal;
mod replication;
mod requests;
mod room_state;
mod rooms;
mod schedule;
mod schedule_error;
mod sessions;
mod shape;
mod simulation;
mod skins;
mod space;
mod state;
mod systems_using;
mod taken;
mod throttle;
mod timers;
mod travel;
mod type_names;
mod wake_times;
mod watch;

/// The version of the simulation. A recording made by another version is refused. The number must
/// change whenever the same inputs result in a different hash; the test of the golden recordings
/// checks this.
pub const SIMULATION: u32 = 8;

pub use actions::Reach;
pub use answer_cache::{AnswerCache, BoardRule};
pub use chance::Chance;
pub use chat::Hearing;
pub use clock::{Clock, every, ticks_in};
pub use config::{
    BroadcastLimit, ConfigError, Interest, InvalidRoomType, OnDrop, OptionKind, OptionSpec, Rate, RateLimits,
    RoomRules, RoomTypeConfig, RulesError, Setup, SimConfig,
};
pub use cooldown::Cooldown;
pub use extend::{
    ActionOn, Answer, BoardAnswer, BoardQuestion, Declaration, DeclaredAs, FromPlayer, ObjectKind,
    RoomStateError, RoomStates, SimulationApp, ToPlayers,
};
pub use hidden_state::{Added, Changed, HiddenState, Local, RemovedComponents};
pub use kinds::{EntityKinds, Kind};
pub use logic::Logic;
pub use movement::{Control, CurrentPosition, Motion, Passable, Steer, Walk, surroundings};
pub use object_interest::ObjectInterest;
pub use objects::{
    Object, ObjectSlots, Objects, Owner, OwnerError, OwnerLeaves, Owners, SpawnError, SpawnedObject,
};
pub use paths::{
    FollowPath, FollowPaths, PathFinder, PathQueue, PathQueueFull, PathRequest, PathResult, PathSearches,
    Route, RouteStatus, SearchProgress, Stretch, TileCell, TileSearch, Walkable,
};
pub use player::{Dropped, Link, Player};
pub use proximity::{BRUTE_FORCE_UP_TO, CameNear, Nearby, Proximity, WentAway};
pub use room_state::RoomState;
pub use rooms::{
    InRoom, Joining, NewRoom, PropertyError, Room, RoomEvent, RoomListing, RoomListings, RoomOptions, Rooms,
    Seat, Seats,
};
pub use schedule::{MaySleep, StepSet, TickSchedule};
pub use sessions::Sessions;
pub use shape::{FieldShape, Shape, VariantShape};
pub use simulation::{Census, EntityOrder, ObjectInfo, PlayerInfo, Simulation, Tracing};
pub use skins::Skin;
pub use space::{
    Clamped, FoundEntity, Grid, HalfSize, HitTarget, KindSet, NearObjects, NearRadius, ObjectLayer,
    ObjectSpace, PastRoom, PastSpace, RayHit, Rect, RestingIndex, RoomSpace, SlotPosition, Space,
};
pub use state::{EntityState, Fold, LoadError, SavedPart, SavedState, StableId};
pub use throttle::Throttle;
pub use timers::{TimerError, TimerId, TimerRang, Timers};
pub use watch::Perspective;
