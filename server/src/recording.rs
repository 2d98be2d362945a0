//! Recordings: what every tick was given and what hash it gave, and now and then the whole world, so that the same
//! world can be run again. docs/recording.md describes the file for readers in any language.

pub mod format;
mod header;
pub(crate) mod live;
mod map_digest;

pub(crate) use header::HISTORY;
pub use header::{Header, HeaderError, LAST_WALL_MS, Previous, RecordedMap, VersionError, rfc3339};
pub use live::{DEFAULT_DIRECTORY, RecordingError, RecordingOptions};
pub use map_digest::map_digest;
