//! Why a saved state cannot be loaded.

/// Why saved bytes do not become a world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// They are not laid out as a saved state.
    #[error("the bytes are not a saved state")]
    Layout,
    /// They have a part that this world does not know: it was saved with other game logic.
    #[error("part {0} of the state is unknown; was it saved with other game logic?")]
    UnknownPart(u8),
    /// A value cannot be.
    #[error("{part} of {owner}: {reason}")]
    Value {
        /// The part of the state.
        part: &'static str,
        /// Whose.
        owner: String,
        /// What is wrong.
        reason: String,
    },
    /// What belongs together does not fit together.
    #[error("the saved state contradicts itself: {0}")]
    Contradiction(String),
    /// It was loaded, but its hash is another one.
    #[error("the state hashes to {got:016x}, but was saved with {expected:016x}")]
    Hash {
        /// What was saved.
        expected: u64,
        /// What came out.
        got: u64,
    },
}
