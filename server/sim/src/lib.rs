//! The world of Parlour: `step` turns one [`TickInput`](parlour_tick::TickInput) into one
//! [`TickOutput`](parlour_tick::TickOutput), and nothing else changes it.
//!
//! No socket, no clock, no thread, no file: time is the tick number, chance is seeded, and the same
//! inputs give the same hashes on every machine. The crate `parlour_server` runs a world 60 times a
//! second and connects players to it; its first page starts a server with game logic.
//!
//! # Game logic
//!
//! A feature is an ordinary [`bevy_app::Plugin`]. This one counts how often each player waved,
//! which those nearby see:
//!
//! ```
//! use bevy_app::{App, Plugin};
//! use bevy_ecs::prelude::*;
//! use parlour_sim::{Answer, FromPlayer, Player, SimConfig, Simulation, SimulationApp, Step, StepSet};
//! use serde::{Deserialize, Serialize};
//!
//! /// Part of the state, and sent to those who see the player: up to 32 bytes.
//! #[derive(Component, Default, Serialize, Deserialize)]
//! struct Waves(u32);
//!
//! /// What a client sends as `custom` message `wave`.
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
//!         app.add_systems(Step, wave.in_set(StepSet::Simulate));
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
//! let world = Simulation::with_plugins(SimConfig::new(Vec::new()), Waving);
//! # assert_eq!(world.tick().0, 0);
//! ```
//!
//! * Systems go into the schedule [`Step`], into a set of [`StepSet`], as a rule `Simulate`. Two
//!   systems that touch the same data need an order. A system that moves players runs before
//!   [`Walk`], one that reads where they are after it.
//! * Types are declared with [`SimulationApp`].
//! * What players send arrives as [`FromPlayer`] and is answered with [`Answer`]. What they are
//!   sent is [`ToPlayer`]. Each type of message has a queue of its own, so plugins that know
//!   nothing of each other share no data and need no order between them.
//! * [`Nearby`] says which players are near each other; [`CameNear`] and [`WentAway`] say when that
//!   changes.
//! * Time is [`Clock`], the seed is in [`Setup`].
//!
//! `examples/mood.rs` is a plugin with all of these, explained line by line.
//!
#![doc = include_str!("rules.md")]
#![forbid(unsafe_code)]

mod chat;
mod clock;
mod config;
mod digest;
mod doors;
mod extend;
mod inbox;
mod logic;
mod movement;
mod outbox;
mod player;
mod proximity;
mod refusal;
mod replication;
mod requests;
mod room_state;
mod rooms;
mod schedule;
mod sessions;
mod simulation;
mod skins;
mod state;
mod talk;
mod throttle;
mod watch;

/// The version of the simulation: recordings of another one are refused. It changes whenever the
/// same inputs come to another hash, and a test holds it to that.
pub const SIMULATION: u32 = 4;

pub use clock::Clock;
pub use config::{Interest, Rate, RateLimits, RoomRules, RulesError, Setup, SimConfig, TalkLimit};
pub use extend::{Answer, FromPlayer, SimulationApp, ToPlayer};
pub use logic::Logic;
pub use movement::{Motion, Position, Walk};
pub use player::{Link, Player};
pub use proximity::{BRUTE_FORCE_UP_TO, CameNear, Grid, Nearby, Placed, Proximity, Reach, WentAway};
pub use room_state::RoomState;
pub use rooms::{InRoom, Room, Rooms, Seat, Seats};
pub use schedule::{Step, StepSet};
pub use sessions::Sessions;
pub use simulation::{Census, PlayerInfo, Simulation, Tracing};
pub use skins::Skin;
pub use state::{EntityState, Fold, LoadError, SavedPart, SavedState, StableId};
pub use throttle::Throttle;
pub use watch::Eyes;
