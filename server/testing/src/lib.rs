//! Shared tools for the tests of the simulation, the recordings and the server.
//!
//! [`TestWorld`] runs a simulation with virtual clients, which decode every byte the simulation
//! sends. [`Script`] lists events by tick, so that a test can run them in a world, write them into
//! a recording or hand them to anything else that takes inputs. Both have the methods of
//! [`SessionActions`]. [`Crowd`] produces the inputs of many random sessions. With the feature
//! `recording`, the module `recording` makes recordings without a server.
//!
//! ```
//! use parlour_shared::{message::Scope, motion::Direction};
//! use parlour_testing::{SessionActions as _, Script, TestWorld, plaza};
//!
//! let mut world = TestWorld::new(plaza());
//! world.open_and_join(1, "plaza");
//! world.open_and_join(2, "plaza");
//! world.tick();
//! world.chat(1, Scope::Room, "hello");
//! world.walk(1, Direction::East);
//! world.ticks(10);
//! assert_eq!(world.chats(2)[0].text, "hello");
//! assert_eq!(world.refusals(1), []);
//! // Every client sees the players near it, where they are.
//! world.check_views(false);
//!
//! // The same events in a script give the same state hash.
//! let mut script = Script::default();
//! script.at(1).open_and_join(1, "plaza");
//! script.at(1).open_and_join(2, "plaza");
//! script.at(2).chat(1, Scope::Room, "hello");
//! script.at(2).walk(1, Direction::East);
//! let mut other = TestWorld::new(plaza());
//! other.play(&script, 11);
//! assert_eq!(other.sim.hash(), world.sim.hash());
//! ```
#![allow(clippy::unwrap_used, reason = "a test helper may panic")]

mod actions;
pub mod allocations;
mod client;
mod crowd;
mod eventually;
mod forged_part;
pub mod maps;
mod metrics;
mod movers;
mod objects;
mod placements;
mod plaza;
#[cfg(feature = "recording")]
pub mod recording;
mod script;
mod seen_objects;
mod temporary;
mod world;

pub use actions::{SessionActions, encoded};
pub use client::{SeenPlayer, TestClient};
pub use crowd::Crowd;
pub use eventually::eventually;
pub use forged_part::{forged_part, forged_part_of};
pub use metrics::metric_value;
pub use movers::{MoverOrder, movers_plugin, solids_plugin};
pub use objects::{Color, ObeyOrders, ObjectOrder, Rings, objects_in, objects_plugin};
pub use placements::Placements;
pub use plaza::{generous_rules, plaza, teleport_plugin};
pub use script::Script;
pub use seen_objects::{SeenObject, seen_objects, true_objects};
pub use temporary::TemporaryPath;
pub use world::{TestWorld, players_in};
