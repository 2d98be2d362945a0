//! The hash function: the same number on every machine, whatever its word size, byte order or
//! compiler.
//!
//! A value is hashed as serde describes it, in the same way as it is saved. So the contents of a
//! keyframe and of the hash cannot drift apart, and the layout of the standard library's `Hash`
//! plays no part.

mod serializer;

use parlour_shared::rng::mix;
use serde::Serialize;

/// Folds words of 64 bits into one. It is not made against attackers: it detects differences
/// between honest runs.
#[derive(Clone, Debug)]
pub struct Fold(u64);

impl Fold {
    /// Starts a hash. The tag keeps equal values of different kinds apart.
    #[must_use]
    pub fn new(tag: u64) -> Self {
        Self(mix(tag))
    }

    /// Returns the hash.
    #[must_use]
    pub fn end(&self) -> u64 {
        mix(self.0)
    }

    /// Adds a value.
    ///
    /// # Panics
    /// If the value contains a float, which the state must not, or cannot be serialised.
    pub fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        if let Err(error) = value.serialize(serializer::FoldSerializer(self)) {
            panic!("{}: {error}", std::any::type_name_of_val(value));
        }
    }

    /// Adds a word.
    pub fn word(&mut self, word: u64) {
        // A multiplication carries upwards only: without the shift, a change of the highest bits
        // would stay a change of few bits, which the next word could undo. The rotation brings the
        // high half down for the next word.
        let mixed = self.0 ^ word;
        self.0 = (mixed ^ mixed >> 32)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(value: &(impl Serialize + ?Sized)) -> u64 {
        let mut fold = Fold::new(0);
        fold.value(value);
        fold.end()
    }

    #[test]
    fn values_that_differ_in_anything_have_another_hash() {
        let hashes = [
            hash(&(1_u8, 2_u8)),
            hash(&(2_u8, 1_u8)),
            hash(&vec![1_u8, 2]),
            hash(&(vec![1_u8], vec![2_u8])),
            hash(&(vec![1_u8, 2], Vec::<u8>::new())),
            hash(&Some(1_u8)),
            hash(&Option::<u8>::None),
            hash("ab"),
            hash(&("a", "b")),
            hash(&-1_i32),
        ];
        for (at, one) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(one), "{at}");
        }
    }

    /// With a multiplication alone each of these pairs had the same hash.
    #[test]
    fn a_change_of_high_bits_is_not_undone_by_the_next_word() {
        for bit in 50..64 {
            for other in 0..64 {
                let (one, two) = ((7_u64, 9_u64), (7_u64 ^ 1 << bit, 9_u64 ^ 1 << other));
                assert_ne!(hash(&one), hash(&two), "bits {bit} and {other}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "of unknown length")]
    fn what_could_not_be_saved_is_refused_at_once() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq((0..9).filter(|number| number % 2 == 0))
            }
        }
        hash(&Endless);
    }

    #[test]
    fn the_hash_is_the_same_everywhere_and_for_ever() {
        // A change here makes every recording worthless: it needs a new simulation version.
        assert_eq!(hash(&("Ada", -3_i32, Some(vec![1_u16, 2]))), PINNED);
    }

    const PINNED: u64 = 227_848_703_909_754_827;

    #[test]
    #[should_panic(expected = "f32: the state must hold no float")]
    fn a_float_is_refused() {
        hash(&1.5_f32);
    }
}
