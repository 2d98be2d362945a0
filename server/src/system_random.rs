//! Random numbers of the system. The world does not use them: it has a seed, which is recorded.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns 64 unpredictable bits. The keys of a hasher are the only random numbers of the system in
/// the standard library.
pub(crate) fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns the chosen seed, or a random seed if 0 was chosen. It is random by default, because the
/// ids of players can be computed from a known seed. A random seed is at most `i64::MAX`, so that
/// the setting `seed` accepts it.
pub(crate) fn world_seed(chosen: u64) -> u64 {
    match chosen {
        0 => (random_bits() >> 1).max(1),
        chosen => chosen,
    }
}
