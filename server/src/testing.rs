//! A room with fake players, for tests of game logic. Cargo feature `testing`.
//!
//! A [`TestRoom`] is a world without a server, a network or a clock. Fake players join it, send
//! messages and walk, and the test looks at what each of them saw. A minute of the game takes a
//! moment.
//!
//! ```
//! use parlour::{prelude::*, testing::TestRoom};
//! use serde::{Deserialize, Serialize};
//!
//! /// How often a player waved.
//! #[derive(Component, Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
//! struct Waves(u32);
//!
//! #[derive(Serialize, Deserialize)]
//! struct Wave {
//!     times: u32,
//! }
//!
//! fn waving(app: &mut App) {
//!     app.replicate::<Waves>("waves").player_message::<Wave>("wave");
//!     app.register_required_components::<Player, Waves>();
//!     app.add_systems(TickSchedule, wave.in_set(StepSet::Simulate));
//! }
//!
//! fn wave(
//!     mut requests: MessageReader<FromPlayer<Wave>>,
//!     mut answers: MessageWriter<Answer<Wave>>,
//!     mut players: Query<&mut Waves>,
//! ) {
//!     for request in requests.read() {
//!         if let Ok(mut waves) = players.get_mut(request.player) {
//!             waves.0 += request.message.times;
//!         }
//!         answers.write(request.accept());
//!     }
//! }
//!
//! // The body of a test.
//! let mut room = TestRoom::new(waving);
//! let ada = room.join("Ada");
//! let bob = room.join("Bob");
//! let request = room.send(ada, "wave", &Wave { times: 3 });
//! room.step();
//! assert_eq!(room.answer(ada, request), Some(Ok(())));
//! assert_eq!(room.component::<Waves>(ada), Some(&Waves(3))); // in the world
//! assert_eq!(room.seen::<Waves>(bob, ada), Some(Waves(3))); // on Bob's screen
//! ```
//!
//! To use it, name the feature in your dev-dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! parlour = { path = "../parlour/server", features = ["testing"] }
//! ```
//!
//! # What every test checks
//!
//! * After each step, the view of every player equals what the world shows it: the players and
//!   objects near it, their positions and components, and the state of the room. This is left out
//!   in rooms whose rule `cadence` is below 60.
//! * At the end, the same inputs run again in a second world, which must have the same state after
//!   every tick: see [`TestRoom::check_determinism`].
//! * A message that the world does not know, or cannot decode, ends the test. Use
//!   [`TestRoom::send_bytes`] to test such a message.
//!
//! # When things happen
//!
//! What a player does takes effect in the next step, as on a server. Only [`TestRoom::join`] and
//! [`TestRoom::join_room`] run that step themselves. Pairs of players are checked in every tick,
//! and not in every sixth as on a server ([`parlour_sim::RoomRules::refresh_ticks`]), so two
//! players that come near each other see each other at once.

mod builder;
mod inbox;
mod inputs;
mod received;
mod repeat;
mod seen;
mod target;
mod test_room;

pub use builder::TestRoomBuilder;
pub use target::{TestObject, TestPlayer, TestTarget};
pub use test_room::TestRoom;
