//! The randomness that the server takes from the system. The world has none: it gets a seed, which
//! is recorded.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns 64 unpredictable bits. The keys of a hasher are the only system randomness in the
/// standard library.
pub(crate) fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns the seed of a world: the chosen one, or a random one if 0 was chosen. With a known seed,
/// the ids of players could be computed. A random seed is at most `i64::MAX`, so the setting
/// accepts it.
pub(crate) fn world_seed(chosen: u64) -> u64 {
    match chosen {
        0 => (random_bits() >> 1).max(1),
        chosen => chosen,
    }
}
