//! The hash function: the same number on every machine, whatever its word size and byte order.

use std::hash::Hasher;

use parlour_shared::rng::mix;

/// Folds words of 64 bits into one. Not meant against attackers: it detects differences between honest runs.
#[derive(Clone, Debug)]
pub struct Fold(u64);

impl Fold {
    /// Begins a hash; the tag keeps equal values of different kinds apart.
    #[must_use]
    pub fn new(tag: u64) -> Self {
        Self(mix(tag))
    }

    /// The hash.
    #[must_use]
    pub fn end(&self) -> u64 {
        mix(self.0)
    }

    fn word(&mut self, word: u64) {
        // Multiply and rotate: every bit reaches the high half, and the rotation brings it down again.
        self.0 = (self.0 ^ word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29);
    }
}

/// The integer methods are all given, because the defaults would depend on the machine.
impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.end()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.word(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.word(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.word(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    fn write_u128(&mut self, value: u128) {
        self.word(value as u64);
        self.word((value >> 64) as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    fn write_i8(&mut self, value: i8) {
        self.word(i64::from(value).cast_unsigned());
    }

    fn write_i16(&mut self, value: i16) {
        self.word(i64::from(value).cast_unsigned());
    }

    fn write_i32(&mut self, value: i32) {
        self.word(i64::from(value).cast_unsigned());
    }

    fn write_i64(&mut self, value: i64) {
        self.word(value.cast_unsigned());
    }

    fn write_i128(&mut self, value: i128) {
        self.write_u128(value.cast_unsigned());
    }

    fn write_isize(&mut self, value: isize) {
        self.word((value as i64).cast_unsigned());
    }
}
