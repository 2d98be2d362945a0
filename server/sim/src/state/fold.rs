//! The hash function: the same number on every machine, whatever its word size, byte order or
//! compiler.
//!
//! A value is hashed through its serde description, which is also how it is saved. So keyframes and
//! the hash always cover the same data. The standard library's `Hash` is not used, because the
//! bytes that it feeds to a hasher may change.

mod serializer;

use parlour_shared::rng::mix;
use serde::Serialize;

/// Folds words of 64 bits into one. It detects accidental differences between runs; it is not
/// cryptographically secure.
#[derive(Clone, Debug)]
pub struct Fold(u64);

impl Fold {
    /// Starts a hash. The tag makes equal values of different kinds hash differently.
    #[must_use]
    pub fn new(tag: u64) -> Self {
        Self(mix(tag))
    }

    /// Returns the hash.
    #[must_use]
    pub fn finish(&self) -> u64 {
        mix(self.0)
    }

    /// Adds a value.
    ///
    /// # Panics
    /// If the value contains a float, which is not allowed in the state, or cannot be serialized.
    pub fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        if let Err(error) = value.serialize(serializer::FoldSerializer(self)) {
            panic!("{}: {error}", std::any::type_name_of_val(value));
        }
    }

    /// Adds a word.
    pub fn word(&mut self, word: u64) {
        // Multiplication propagates changes only towards higher bits. Without the shift, flipping
        // one of the highest bits would affect only a few bits, and the next word could cancel it
        // out. The rotation moves the high half down for the next word.
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
        fold.finish()
    }

    #[test]
    fn type_shape_and_order_affect_the_hash() {
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

    /// Without the shift and the rotation, each of these pairs had the same hash.
    #[test]
    fn the_next_word_does_not_cancel_a_change_of_high_bits() {
        for bit in 50..64 {
            for other in 0..64 {
                let (one, two) = ((7_u64, 9_u64), (7_u64 ^ 1 << bit, 9_u64 ^ 1 << other));
                assert_ne!(hash(&one), hash(&two), "bits {bit} and {other}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "of unknown length")]
    fn a_sequence_of_unknown_length_is_refused() {
        struct UnknownLength;
        impl Serialize for UnknownLength {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq((0..9).filter(|number| number % 2 == 0))
            }
        }
        hash(&UnknownLength);
    }

    #[test]
    fn the_hash_of_a_value_never_changes() {
        // Changing this value makes all existing recordings unusable and requires a new simulation
        // version.
        assert_eq!(hash(&("Ada", -3_i32, Some(vec![1_u16, 2]))), PINNED);
    }

    const PINNED: u64 = 227_848_703_909_754_827;

    #[test]
    #[should_panic(expected = "f32: the state must not contain floats")]
    fn a_float_is_refused() {
        hash(&1.5_f32);
    }
}
