//! Everything that game logic needs, in one import.
//!
//! ```
//! use parlour::prelude::*;
//! ```
//!
//! It contains the parts of `bevy_app` and `bevy_ecs` with which plugins are written, the interface
//! of a world from [`parlour_sim`], and the ids, positions and refusals of [`parlour_shared`]. The
//! derive macros of `bevy_ecs` work without a dependency on it, because they find it here.

#[doc(no_inline)]
pub use bevy_app::{App, Plugin};
/// The derive macros name this crate.
#[doc(no_inline)]
pub use bevy_ecs;
#[doc(no_inline)]
pub use bevy_ecs::prelude::*;
#[doc(no_inline)]
pub use parlour_shared::{
    ids::{ObjectId, PlayerId, Tick},
    message::Refusal,
    motion::{Direction, Position, UNITS_PER_PX, Velocity},
};
#[doc(no_inline)]
pub use parlour_sim::{
    ActionOn, Answer, AnswerCache, BoardAnswer, BoardQuestion, BoardRule, CameNear, Chance, Clamped, Clock,
    Control, Cooldown, CurrentPosition, EntityKinds, FollowPaths, FoundEntity, FromPlayer, HalfSize, Hearing,
    HitTarget, InRoom, KindSet, MaySleep, Motion, Nearby, Object, ObjectInterest, ObjectKind, Objects,
    OptionSpec, Owner, OwnerLeaves, Owners, PastRoom, PastSpace, Player, Reach, Rect, Room, RoomEvent,
    RoomListings, RoomOptions, RoomState, RoomStates, Rooms, Route, RouteStatus, Seats, SimulationApp, Space,
    Steer, StepSet, TickSchedule, TimerId, TimerRang, Timers, ToPlayers, Walk, WentAway, every, ticks_in,
};
/// The parameters that remember something which is not part of the state. They replace those of the
/// same names in `bevy_ecs`, so that a server can name the systems that have one.
#[doc(no_inline)]
pub use parlour_sim::{Added, Changed, Local, RemovedComponents};

pub use crate::{RoomType, Server};
