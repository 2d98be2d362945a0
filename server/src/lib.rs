//! Parlour's server: one thread that steps the world, threads that hold the sockets, and what
//! crosses between them.
//!
//! # A server with game logic
//!
//! Game logic is a plugin of Bevy's (`bevy_app` and `bevy_ecs` 0.20) for the world of
//! [`parlour_sim`]. A program of your own starts the server with it:
//!
//! ```
//! use bevy_app::{App, Plugin};
//! use bevy_ecs::prelude::*;
//! use parlour_server::{Server, ServerOptions, maps};
//! use parlour_sim::{Answer, FromPlayer, Logic, SimConfig, SimulationApp, TickSchedule, StepSet, ToPlayer};
//! use serde::{Deserialize, Serialize};
//!
//! /// What a client asks for, as `custom` message `double`.
//! #[derive(Deserialize)]
//! struct Double {
//!     number: u32,
//! }
//!
//! /// What it is sent, as `custom` message `doubled`.
//! #[derive(Serialize)]
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
//!     mut results: MessageWriter<ToPlayer<Doubled>>,
//! ) {
//!     for request in requests.read() {
//!         answers.write(request.accept());
//!         results.write(ToPlayer {
//!             player: request.player,
//!             from: None,
//!             message: Doubled { number: request.message.number.saturating_mul(2) },
//!         });
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let options = ServerOptions {
//!         logic: Logic::new(|app| {
//!             app.add_plugins(Doubling);
//!         }),
//!         // The bundled maps. Players connect at 127.0.0.1:7373, if no other address is given.
//!         ..ServerOptions::new(SimConfig::new(maps::load(None)?))
//!     };
//! #   let options = ServerOptions {
//! #       listen: ([127, 0, 0, 1], 0).into(),
//! #       admin: ([127, 0, 0, 1], 0).into(),
//! #       recording: parlour_server::RecordingOptions {
//! #           history: std::time::Duration::ZERO,
//! #           ..options.recording
//! #       },
//! #       ..options
//! #   };
//!     let server = Server::start(options)?;
//!     println!("ws://{}/ws", server.listen_addr());
//!     // A program that serves until Ctrl-C or SIGTERM calls `server.run_until_signal()?` here. `server.wait()` blocks until
//!     // the server fails, which a panic of game logic makes it do.
//!     let report = server.stop();
//!     assert!(report.failure.is_none());
//!     Ok(())
//! }
//! ```
//!
//! `examples/dice.rs` in this crate is a server to run and talk to
//! (`cargo run -p parlour-server --example dice`). The first page of [`parlour_sim`] has a plugin
//! with a component that players see. [`config`] reads the settings of `parlour` from files,
//! variables and flags, and [`logs`] sets up its log lines.
//!
#![doc = include_str!("../sim/src/rules.md")]
//!
//! # Reading the code
//!
//! Start at [`server`]. One key press goes `edge/reader` -> `edge/message` -> `bridge/inbound`
//! -> `tick_loop` -> the simulation -> `bridge/outbound` -> `edge/deliver` -> `edge/send`.
//! ARCHITECTURE.md walks through each stop.
//!
//! The modules form layers. A module imports only from earlier lines of this list, which
//! `scripts/floors` reads:
//!
//! 1. `skins`, `suggest`, `system_random`, `thread_gaps`: import nothing of this crate
//! 2. `maps`, `reject`
//! 3. `http`: routes, the policy of hosts and origins, and the form of errors, for both ports
//! 4. `metrics`: what is counted
//! 5. `bridge`, `descriptors`: what the threads share
//! 6. `failure`: the first thread that failed
//! 7. `edge`, `tick_loop`: both sides of the bridge; neither knows the other
//! 8. `history_requests`, `playback`, `recorded_world`: worlds for the tick loop, one that is a recording and one that is
//!    recorded
//! 9. `admin`: reads the state of the tick from the bridge
//! 10. `server`: starts and stops them all
//! 11. `config`: settings for a server
//! 12. `logs`
#![forbid(unsafe_code)]

mod admin;
mod bridge;
pub mod config;
mod descriptors;
mod edge;
mod failure;
mod history_requests;
mod http;
pub mod logs;
pub mod maps;
mod metrics;
mod playback;
mod recorded_world;
mod reject;
pub mod server;
pub mod skins;
mod suggest;
mod system_random;
mod thread_gaps;
mod tick_loop;

/// What this build is: the version and, as far as it is known, the commit, such as
/// `0.1.0+7e56463ab12f`. A suffix `-dirty` says that sources differed from the commit. The
/// environment variable `PARLOUR_BUILD` replaces the commit at build time.
pub const BUILD: &str = env!("BUILD_OF_PARLOUR");

pub use crate::{
    edge::EdgeOptions,
    failure::ServerFailure,
    http::{HostPattern, OriginPattern, PatternError},
    metrics::MetricsRecorder,
};
pub use parlour_recording::{RecordingError, RecordingOptions};
pub use playback::{Playback, SteerError};
pub use server::{RunError, Server, ServerOptions, Signals, StartError, StopReport};
