//! What the tests of the simulation, the recordings and the server share.
//!
//! [`TestWorld`] is a world with virtual clients: what the sessions do is collected, a tick is run, and all that the world
//! sends is decoded as a client would. [`Script`] is the same as a list of what happens at which tick, for whoever runs
//! ticks. Both speak with the words of [`Acts`]. [`Crowd`] is a long script that does everything there is to do.
//!
//! ```
//! use parlour_shared::{message::Scope, motion::Direction};
//! use parlour_testing::{Acts as _, Script, TestWorld, plaza};
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
//! // Both see each other where they are.
//! world.check_views(false);
//!
//! // The same, written down: another world comes to the same hash.
//! let mut script = Script::default();
//! script.at(1).open_and_join(1, "plaza");
//! script.at(1).open_and_join(2, "plaza");
//! script.at(2).chat(1, Scope::Room, "hello");
//! script.at(2).walk(1, Direction::East);
//! let mut other = TestWorld::new(plaza());
//! other.play(&script, 11);
//! assert_eq!(other.sim.hash(), world.sim.hash());
//! ```
#![allow(clippy::unwrap_used, reason = "what helps a test may fail it")]

mod acts;
pub mod allocations;
mod client;
mod crowd;
mod eventually;
pub mod maps;
mod plaza;
mod script;
mod world;

pub use acts::{Acts, encoded};
pub use client::{Sight, TestClient};
pub use crowd::Crowd;
pub use eventually::eventually;
pub use plaza::{generous, plaza, teleporting};
pub use script::Script;
pub use world::{TestWorld, sights_in};
