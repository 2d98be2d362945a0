//! Sets of slots as machine words.

use parlour_shared::ids::Slot;

/// Slots in a word of a row.
pub(super) const WORD: usize = u64::BITS as usize;
const _: () = assert!(
    usize::BITS == u64::BITS,
    "rows are compared and saved in words of 64 bits"
);

/// Returns the slot of the lowest bit of a word.
pub(super) fn slot_of(word: usize, bits: usize) -> Slot {
    Slot((word * WORD) as u16 + bits.trailing_zeros() as u16)
}
