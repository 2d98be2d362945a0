//! Errors of loading a saved state.

/// The bytes cannot be loaded as a world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes do not have the layout of a saved state.
    #[error("the bytes are not a saved state")]
    Layout,
    /// A part is unknown to this world: the state was saved with different game logic.
    #[error("part {0} of the state is unknown; was it saved with different game logic?")]
    UnknownPart(u8),
    /// A value is invalid.
    #[error("{part} of {owner}: {reason}")]
    Value {
        /// The part of the state.
        part: &'static str,
        /// Its owner.
        owner: String,
        /// What is wrong.
        reason: String,
    },
    /// Two values contradict each other.
    #[error("the saved state contradicts itself: {0}")]
    Contradiction(String),
    /// A room cannot exist in this configuration, or not in the saved form.
    #[error("the room {room}: {why}")]
    Room {
        /// The name of the room, which is shortened if the room is private.
        room: String,
        /// What is wrong.
        why: String,
    },
    /// The loaded state has a different hash.
    #[error("the state hashes to {got:016x}, but was saved with {expected:016x}")]
    Hash {
        /// The saved hash.
        expected: u64,
        /// The hash of the loaded state.
        got: u64,
    },
}
