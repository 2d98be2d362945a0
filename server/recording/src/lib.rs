//! Recordings of Parlour's worlds: the input of every tick and the hash that it led to, and now and then the whole world, so
//! that the same world can be run again. docs/recording.md describes the file for readers in any language.
//!
//! From the bottom up:
//!
//! * [`format`](mod@format) reads and writes the file. [`Header`] says which world it is of.
//! * [`replay`] runs a recording again and answers questions about it. Start at [`replay::find`] and [`replay::Replay`].
//! * [`recorder`] has the threads that record a world while it lives, keep its last minutes, and run it a second time to
//!   compare.
//!
//! There is no socket and no async runtime here. Game logic comes in as [`parlour_sim::Logic`]: a recording of a server with
//! game logic of your own is replayed by a program that has the same logic.
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
