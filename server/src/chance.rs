//! What the server takes of the system's randomness. The world has none of its own: it gets a seed, which is recorded.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// 64 bits that cannot be foreseen. The keys of a hasher are what the standard library has of the system's randomness.
pub(crate) fn unforeseeable() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The seed of a world: the chosen one, or a random one if none (0) was chosen. From a seed that is known, or the same at
/// each start, the ids of players could be worked out. A random seed is at most `i64::MAX`, so the setting takes it.
pub(crate) fn seed(chosen: u64) -> u64 {
    match chosen {
        0 => (unforeseeable() >> 1).max(1),
        chosen => chosen,
    }
}
