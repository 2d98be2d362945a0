//! Everything that game logic needs, in one import, and a guide to it from top to bottom.
//!
//! ```
//! use parlour::prelude::*;
//! ```
//!
//! # A plugin, and its systems
//!
//! Game logic is a [`Plugin`], or a function that takes an [`App`]. It declares its data and adds
//! *systems*: functions that run in every tick, 60 times a second, over all rooms of the type. The
//! parameters of a system say what it reads and writes.
//!
//! ```
//! use parlour::{prelude::*, testing::TestRoom};
//!
//! /// How many seconds a player has been in the room. Everyone who sees the player has it.
//! #[derive(Component, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Seconds(u32);
//!
//! fn patience(app: &mut App) {
//!     app.player_component::<Seconds>("seconds").stays_in_room::<Seconds>();
//!     let each_second = every(Duration::from_secs(1));
//!     app.add_systems(TickSchedule, count.run_if(each_second).in_set(StepSet::Simulate));
//! }
//!
//! fn count(mut players: Query<&mut Seconds, With<InRoom>>) {
//!     for mut seconds in &mut players {
//!         seconds.0 += 1;
//!     }
//! }
//!
//! let mut room = TestRoom::new(patience);
//! let ada = room.join("Ada");
//! room.seconds(3);
//! assert_eq!(room.component::<Seconds>(ada), Some(&Seconds(3)));
//! ```
//!
//! [`RoomType`] takes the plugin, and `parlour::cli` is a server with it.
//!
//! # What you declare
//!
//! These are methods of [`SimulationApp`]. What is not declared is an error with the line to write.
//!
//! | you have | declare it with |
//! |---|---|
//! | a component that clients see | [`player_component`](SimulationApp::player_component), [`replicate`](SimulationApp::replicate), and for a room [`replicate_room`](SimulationApp::replicate_room) |
//! | a component or resource that only the server knows | [`state_component`](SimulationApp::state_component), [`state_resource`](SimulationApp::state_resource) |
//! | a component that ends with the stay in a room, or goes along into other worlds | [`stays_in_room`](SimulationApp::stays_in_room), [`travels`](SimulationApp::travels) |
//! | a message from players, or to players | [`player_message`](SimulationApp::player_message), [`client_message`](SimulationApp::client_message) |
//! | an action on an object or a player | [`player_action`](SimulationApp::player_action) |
//! | a timer | [`timer_message`](SimulationApp::timer_message), and for one in each room [`room_timer`](SimulationApp::room_timer) |
//! | a kind of objects | [`object_kind`](SimulationApp::object_kind) |
//! | a rule such as "where may this piece go?" | [`board_rule`](SimulationApp::board_rule) |
//! | who may create a room, enter it, or hear a chat | [`accept_room`](SimulationApp::accept_room), [`may_join`](SimulationApp::may_join), [`may_hear`](SimulationApp::may_hear) |
//!
//! # What happens
//!
//! Systems read these with a [`MessageReader`]:
//!
//! * [`RoomEvent`]: a room is created, is empty or ends, and players enter and leave.
//! * [`FromPlayer`] and [`ActionOn`]: what players ask for. Write an [`Answer`] to each.
//! * [`TimerRang`]: a timer that [`Timers`] set.
//! * [`CameNear`] and [`WentAway`]: players meet and part.
//!
//! Write a [`ToPlayers`] to send a message to one player, to those near it, to a room or to all.
//!
//! # What there is
//!
//! * Players are entities with [`Player`], [`InRoom`], [`CurrentPosition`] and [`Motion`]. Rooms
//!   are entities with [`Room`], [`Seats`], [`RoomOptions`] and [`RoomState`]. Objects are entities
//!   with [`Object`], and with [`Owner`] if they belong to somebody.
//! * Time: [`Clock`], [`every`], [`Cooldown`]. Random numbers: [`Chance`].
//! * Who is where: [`Nearby`], [`Space`], and [`PastSpace`] for the last 250 ms.
//!
//! # What you change
//!
//! * The state of a room: [`RoomStates`]. Its lock and its properties: [`RoomListings`].
//! * Motion: [`Steer`] turns, stops and teleports; [`Control`] pushes, carries and locks; a
//!   [`Route`] leads an object around walls. Such systems run before [`Walk`].
//! * Objects: [`Objects`] spawns them, `Commands` despawns them, [`Owners`] takes and releases
//!   them.
//!
//! # What it contains
//!
//! The parts of `bevy_app` and `bevy_ecs` with which plugins are written, the interface of a world
//! from [`parlour_sim`], the ids, positions and refusals of [`parlour_shared`], [`Duration`], and
//! the traits of `serde`. The derive macros of `bevy_ecs` work without a dependency on it, because
//! they find it here; those of `serde` need the dependency. `parlour::sim`, `parlour::shared` and
//! `parlour::tick` have the rest. docs/game-logic.md has examples for most of the words above.

#[doc(no_inline)]
pub use bevy_app::{App, Plugin};
/// The derive macros name this crate.
#[doc(no_inline)]
pub use bevy_ecs;
#[doc(no_inline)]
pub use bevy_ecs::prelude::*;
#[doc(no_inline)]
pub use std::time::Duration;

#[doc(no_inline)]
pub use parlour_shared::{
    ids::{ObjectId, PlayerId, Tick},
    message::Refusal,
    motion::{Direction, Position, UNITS_PER_PX, Velocity},
};
#[doc(no_inline)]
pub use parlour_sim::{
    ActionOn, Answer, AnswerCache, BoardAnswer, BoardQuestion, BoardRule, CameNear, Chance, Clamped, Clock,
    Control, Cooldown, CurrentPosition, Dropped, EntityKinds, FollowPaths, FoundEntity, FromPlayer, HalfSize,
    Hearing, HitTarget, InRoom, Interest, KindSet, MaySleep, Motion, Nearby, Object, ObjectInterest,
    ObjectKind, ObjectSlots, Objects, OnDrop, OptionSpec, Owner, OwnerLeaves, Owners, Passable, PastRoom,
    PastSpace, Player, Rate, Reach, Rect, Room, RoomEvent, RoomListings, RoomOptions, RoomState, RoomStates,
    Rooms, Route, RouteStatus, Seat, Seats, SimulationApp, Space, StableId, Steer, StepSet, TickSchedule,
    TimerId, TimerRang, Timers, ToPlayers, Walk, WentAway, every, ticks_in,
};
/// The parameters that remember something which is not part of the state. They replace those of the
/// same names in `bevy_ecs`, so that a server can name the systems that have one.
#[doc(no_inline)]
pub use parlour_sim::{Added, Changed, Local, RemovedComponents};

#[doc(no_inline)]
pub use parlour_tick::Cadence;
#[doc(no_inline)]
pub use serde::{Deserialize, Serialize};

pub use crate::{RoomType, Server};
