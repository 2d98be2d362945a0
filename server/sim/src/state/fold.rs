//! The hash function: the same number on every machine, whatever its word size, byte order or
//! compiler.
//!
//! A value is hashed as serde describes it, in the same way as it is saved. So keyframes and the
//! hash always contain the same. The standard library's `Hash` is not used, because its layout may
//! change.

mod serializer;

use parlour_shared::rng::mix;
use serde::Serialize;

/// Folds words of 64 bits into one. It detects differences between honest runs, and does not resist
/// attackers.
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
        // A multiplication carries only upwards. Without the shift, a change of the highest bits
        // would change only few bits, which the next word could undo. The rotation moves the high
        // half down for the next word.
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
    fn different_values_have_different_hashes() {
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
    fn a_sequence_of_unknown_length_is_refused() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq((0..9).filter(|number| number % 2 == 0))
            }
        }
        hash(&Endless);
    }

    #[test]
    fn the_hash_of_a_value_never_changes() {
        // A different value makes all recordings unusable: it needs a new simulation version.
        assert_eq!(hash(&("Ada", -3_i32, Some(vec![1_u16, 2]))), PINNED);
    }

    const PINNED: u64 = 227_848_703_909_754_827;

    #[test]
    #[should_panic(expected = "f32: the state must hold no float")]
    fn a_float_is_refused() {
        hash(&1.5_f32);
    }
}
