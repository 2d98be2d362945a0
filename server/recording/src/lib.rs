//! Recordings of Parlour's worlds. A recording contains the input of every tick, the state hash
//! after it, and a saved world now and then, so that the same world can run again.
//! docs/recording.md describes the file for readers in any language.
//!
//! Its modules:
//!
//! * [`format`](mod@format) reads and writes the file. [`Header`] says which world it records.
//! * [`replay`] runs a recording again and answers questions about it. Start at [`replay::find`]
//!   and [`replay::Replay`].
//! * [`recorder`] has the threads that record a live world, keep its last minutes, and run it a
//!   second time to compare.
//!
//! This crate has no sockets and no async runtime. Game logic is passed in as
//! [`parlour_sim::Logic`]: to replay a recording of a server with your own game logic, use a
//! program with the same logic.
//!
//! # Layers
//!
//! A module imports only from earlier lines of this list, which `scripts/floors` reads:
//!
//! 1. `map_digest`: imports nothing of this crate
//! 2. `format`: the file, and its header
//! 3. `replay`: worlds that run a recording again
//! 4. `recorder`: the threads that record a live world
#![forbid(unsafe_code)]

pub mod format;
mod map_digest;
pub mod recorder;
pub mod replay;

pub use format::{Header, HeaderError, LAST_WALL_MS, Previous, RecordedMap, VersionError, rfc3339};
pub use map_digest::map_digest;
pub use recorder::{DEFAULT_DIRECTORY, RecordingError, RecordingOptions};
