//! A map by session, for the threads that look up thousands of sessions in each tick.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use parlour_shared::ids::SessionId;

/// A map by session. Its order is arbitrary, so nothing that a client or a world can see may depend
/// on it.
pub(crate) type SessionMap<T> = HashMap<SessionId, T, BuildHasherDefault<SessionHasher>>;

/// Hashes session ids with one multiplication. The server chooses the ids, so no client can choose
/// ids that collide.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SessionHasher(u64);

/// An odd number without a pattern: 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for SessionHasher {
    fn write_u64(&mut self, id: u64) {
        let product = u128::from(self.0 ^ id) * u128::from(FACTOR);
        // The map takes the low bits for the place and the high bits to compare. Ids of one thread
        // have equal low bits, so the halves are mixed.
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    /// Only for completeness: the hash of an id is one number.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, hash::Hash as _};

    use super::*;
    use crate::bridge::route::session_id;

    #[test]
    fn ids_of_one_thread_spread_over_the_map() {
        let places = |bits: u32| -> usize {
            let hashes = (0..1000).map(|serial| {
                let mut hasher = SessionHasher::default();
                session_id(0x0002_3456, serial, 3).hash(&mut hasher);
                hasher.finish()
            });
            hashes
                .map(|hash| if bits == 0 { hash >> 57 } else { hash & 0x3ff })
                .collect::<BTreeSet<_>>()
                .len()
        };
        // 1,000 balls in 1,024 bins hit 639 on average.
        assert!(places(10) > 580, "{}", places(10));
        assert!(places(0) > 120, "{}", places(0));
    }
}
