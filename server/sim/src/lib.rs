//! The world of Parlour: `step` turns one [`TickInput`] into one [`TickOutput`], and nothing else changes it.
//!
//! No socket, no clock, no thread, no file: time is the tick number, chance is seeded, and the same inputs give
//! the same hashes on every machine.
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

/// The version of the simulation: recordings of another one are refused. It changes whenever the same inputs come to
/// another hash, and a test holds it to that.
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
pub use simulation::{Simulation, Tracing};
pub use skins::Skin;
pub use state::{EntityState, Fold, LoadError, SavedPart, SavedState, StableId};
pub use throttle::Throttle;
pub use watch::Eyes;
