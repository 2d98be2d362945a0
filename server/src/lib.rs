//! Parlour's server: a 60 Hz world, the connections of its players, and everything around them, as
//! a library. The program `parlour` is the command line of this crate without game logic.
//!
//! # A server with your own game logic
//!
//! Game logic is a Bevy plugin for the world of [`parlour_sim`]. This is a whole program, which
//! serves, records, replays and has bots: [`cli`](mod@cli) lists its commands.
//!
//! ```no_run
//! use parlour::prelude::*;
//! use serde::{Deserialize, Serialize};
//!
//! /// A request: clients send it as `custom` message `double`.
//! #[derive(Deserialize)]
//! struct Double {
//!     number: u32,
//! }
//!
//! /// The result: it is sent as `custom` message `doubled`.
//! #[derive(Serialize, Deserialize)]
//! struct Doubled {
//!     number: u32,
//! }
//!
//! struct Doubling;
//!
//! impl Plugin for Doubling {
//!     fn build(&self, app: &mut App) {
//!         app.player_message::<Double>("double").client_message::<Doubled>("doubled");
//!         app.add_systems(TickSchedule, double.in_set(StepSet::Simulate));
//!     }
//! }
//!
//! fn double(
//!     mut requests: MessageReader<FromPlayer<Double>>,
//!     mut answers: MessageWriter<Answer<Double>>,
//!     mut results: MessageWriter<ToPlayers<Doubled>>,
//! ) {
//!     for request in requests.read() {
//!         answers.write(request.accept());
//!         let number = request.message.number.saturating_mul(2);
//!         results.write(ToPlayers::one(request.player, Doubled { number }));
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     parlour::cli("doubling").plugins(Doubling).run()
//! }
//! ```
//!
//! A program with other work starts a server with [`Server::builder`]:
//!
//! ```
//! # use parlour::Server;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let builder = Server::builder().configure(|options| {
//! #     options.listen = ([127, 0, 0, 1], 0).into();
//! #     options.admin = ([127, 0, 0, 1], 0).into();
//! #     options.recording.history = std::time::Duration::ZERO;
//! # });
//! # let _ = stringify! {
//! let builder = Server::builder();
//! # };
//! let server = builder.start()?;
//! println!("ws://{}/ws", server.listen_addr());
//! // A program that serves until Ctrl-C or SIGTERM calls `server.run_until_signal()?` here.
//! let report = server.stop();
//! assert!(report.failure.is_none());
//! # Ok(())
//! # }
//! ```
//!
//! `parlour new my-game` writes a project with such a program, a test and a bot. `cargo run -p
//! parlour --example dice` starts a larger example (`examples/dice.rs`), which you can talk to from
//! a terminal. The example `room_types` has a quiet office and a game of tag.
//!
//! # Where to find things
//!
//! | you want to | see |
//! |---|---|
//! | have the whole command line in your own program | [`cli()`](fn@cli) |
//! | write game logic | the first page of [`parlour_sim`], and the rules below |
//! | have several kinds of rooms, each with its own game logic, rules and maps | [`RoomType`], [`Server::builder`] |
//! | test game logic without a server | `parlour::testing`, with the Cargo feature `testing` |
//! | set addresses, threads and limits | [`ServerOptions`], and its fields [`EdgeOptions`] and [`RecordingOptions`] |
//! | set the rules of rooms, or the seed | [`parlour_sim::SimConfig`], the field `sim` |
//! | read settings from a file, the environment and flags, as `parlour` does | [`config`] |
//! | serve your own maps and skins | [`maps::load`], [`skins::load`] |
//! | stop the server, or learn that it failed | [`Server::run_until_signal`], [`Server::stop`], [`Server::wait`], [`Server::failure`] |
//! | count something in your game | [`MetricsRecorder`]. `/metrics` on the admin port shows it, beside the metrics of the server |
//! | see log lines | [`logs::start`] |
//! | record every tick, and replay it with your logic | [`RecordingOptions`], [`ServerOptions::logics`], [`parlour_recording::replay`] |
//! | serve a recording to spectators | [`Server::start_playback`] |
//!
#![doc = include_str!("../sim/src/rules.md")]
//!
//! [`Added`]: parlour_sim::Added
//! [`Chance`]: parlour_sim::Chance
//! [`Changed`]: parlour_sim::Changed
//! [`Clock`]: parlour_sim::Clock
//! [`Local`]: parlour_sim::Local
//! [`RemovedComponents`]: parlour_sim::RemovedComponents
//! [`RoomEvent`]: parlour_sim::RoomEvent
//! [`Simulation::hidden_state`]: parlour_sim::Simulation::hidden_state
//! [`SimulationApp::allow_hidden_state`]: parlour_sim::SimulationApp::allow_hidden_state
//! [`StableId`]: parlour_sim::StableId
//!
//! # Reading the code
//!
//! Start at [`server`]. One key press goes `edge/reader` -> `edge/message` -> `bridge/inbound`
//! -> `tick_loop` -> the simulation -> `bridge/outbound` -> `edge/deliver` -> `edge/send`.
//! ARCHITECTURE.md describes each stop.
//!
//! The modules form layers. A module imports only from earlier lines of this list, which
//! `scripts/floors` checks:
//!
//! 1. `history_requests`, `proxies`, `secret`, `skins`, `suggest`, `suspension`, `system_random`:
//!    import nothing from this crate
//! 2. `attempt_rate`, `auth`, `epochs`, `freeze_order`, `maps`, `session`, `world_files`
//! 3. `rejection`: why the edge rejects a connection or a message
//! 4. `http`: routes, the policy of hosts and origins, and the form of errors, for both ports
//! 5. `metrics`: the names of all metrics, and the recorder that counts them
//! 6. `bridge`, `descriptors`, `key_limiter`: the state that several threads share
//! 7. `failure`, `node_status`: the first thread that failed, and the state of all worlds for the
//!    admin port
//! 8. `ticker`: a world, as tick threads and the desk see it
//! 9. `desk`, `edge`, `tick_loop`: the threads that the bridge connects, which do not import each
//!    other
//! 10. `room_types`: the types of rooms, and what a world of each type is made from
//! 11. `declarations`, `playback`, `thawing`: what game logic declares for clients, a recording
//!     that is played back, and saved worlds that go on
//! 12. `recorded_world`: live worlds, which are recorded
//! 13. `admin`: the admin port, which reads the state of the tick from the bridge
//! 14. `server`: starts and stops all threads
//! 15. `config`, `prelude`, `testing`: the settings of a server, what game logic imports, and rooms
//!     for its tests
//! 16. `logs`: the log lines of a process
//! 17. `cli`: the command line of a program
#![forbid(unsafe_code)]

mod admin;
mod attempt_rate;
pub mod auth;
mod bridge;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
mod declarations;
mod descriptors;
mod desk;
mod edge;
mod epochs;
mod failure;
mod freeze_order;
mod history_requests;
mod http;
mod key_limiter;
pub mod logs;
pub mod maps;
mod metrics;
mod node_status;
mod playback;
pub mod prelude;
pub mod proxies;
mod recorded_world;
mod rejection;
pub mod room_types;
mod secret;
pub mod server;
mod session;
pub mod skins;
mod suggest;
mod suspension;
mod system_random;
#[cfg(feature = "testing")]
pub mod testing;
mod thawing;
mod tick_loop;
mod ticker;
mod world_files;

/// The version and, if it is known, the commit of this build, such as `0.1.0+7e56463ab12f`. The
/// suffix `-dirty` means that sources differed from the commit. The environment variable
/// `PARLOUR_BUILD` replaces the commit at build time.
pub const BUILD: &str = env!("BUILD_OF_PARLOUR");

pub use crate::{
    attempt_rate::{AttemptRate, AttemptRateError},
    declarations::Declarations,
    edge::EdgeOptions,
    failure::ServerFailure,
    freeze_order::UnsavedWorld,
    http::{HostPattern, OriginPattern, PatternError},
    metrics::MetricsRecorder,
    secret::{Secret, SecretError, SecretFileError},
};
#[cfg(feature = "cli")]
pub use cli::cli;
pub use parlour_recording::{RecordingError, RecordingOptions};
pub use playback::{Playback, SteerError};
pub use room_types::RoomType;
pub use server::{
    AdminToken, AdminTokenError, RunError, Server, ServerBuilder, ServerOptions, Signals, StartError,
    StopReport,
};
pub use world_files::{StateError, UnusableWorld, WorldFault};
/// The crates below this one, for what [`prelude`] does not have.
pub use {parlour_shared as shared, parlour_sim as sim, parlour_tick as tick};

/// Compiles the Rust examples of the guides.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/game-logic.md")]
    mod game_logic {}
    #[doc = include_str!("../../docs/from-colyseus.md")]
    mod from_colyseus {}
    #[doc = include_str!("../../docs/replay.md")]
    mod replay {}
}
