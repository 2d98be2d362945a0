//! Recordings of Parlour's worlds. A recording contains the input of every tick, the state hash
//! after it, and a saved world now and then, so that the same world can run again.
//! docs/recording.md describes the file for readers in any language.
//!
//! From the bottom up:
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
#![forbid(unsafe_code)]

pub mod format;
mod header;
mod map_digest;
pub mod recorder;
pub mod replay;

pub(crate) use header::HISTORY;
pub use header::{Header, HeaderError, LAST_WALL_MS, Previous, RecordedMap, VersionError, rfc3339};
pub use map_digest::map_digest;
pub use recorder::{DEFAULT_DIRECTORY, RecordingError, RecordingOptions};
pub use replay::uncounted;
