//! What the recorder must know about a world, and the names of worlds.

use parlour_sim::{Logic, SimConfig};
use parlour_tick::WorldId;
use thiserror::Error;

/// The maximum length of the name of a world, which is also the name of its directory.
pub const MAX_WORLD_NAME_BYTES: usize = 64;

/// A world to record.
#[derive(Clone, Debug)]
pub struct WorldInfo {
    /// The id. It must never have been used before in this recorder.
    pub id: WorldId,
    /// The name, which is also the name of the directory of its files: see [`is_world_name`].
    pub name: String,
    /// The configuration of the world. The recorder makes worlds from it to recover or compare one.
    pub config: SimConfig,
    /// The game logic of the world.
    pub logic: Logic,
}

/// Why a world is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenWorldError {
    /// The name cannot be the name of a directory.
    #[error(
        "a world cannot be named {0:?}: names are 1 to {MAX_WORLD_NAME_BYTES} of a-z, 0-9, \"-\", \"_\" and \".\", and do not \
         start with a \".\""
    )]
    BadName(String),
    /// A different open world has this name.
    #[error("a different world is named {0:?}")]
    NameTaken(String),
}

/// Returns whether a world may have this name: 1 to 64 bytes of `a-z`, `0-9`, `-`, `_` and `.`, and
/// no `.` at the start. So it is the name of a directory on every system, and leads nowhere else.
#[must_use]
pub fn is_world_name(name: &str) -> bool {
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    (1..=MAX_WORLD_NAME_BYTES).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_worlds_are_names_of_directories() {
        let longest = "x".repeat(MAX_WORLD_NAME_BYTES);
        for name in ["main", "main-2", "tag.abc123", "a_b", "0", &longest] {
            assert!(is_world_name(name), "{name}");
        }
        let too_long = "x".repeat(MAX_WORLD_NAME_BYTES + 1);
        for name in [
            "", ".", "..", ".x", "a/b", "a\\b", "A", "ä", "a b", "a\n", "a:b", &too_long,
        ] {
            assert!(!is_world_name(name), "{name}");
        }
    }
}
