//! Names that cannot be guessed.

use parlour_shared::limits::{MAX_INSTANCE_BYTES, MAX_TICKET_BYTES};

/// The characters of an instance: 15 * 5.17 = 77 random bits.
const INSTANCE: usize = MAX_INSTANCE_BYTES;
/// The characters of a ticket: 22 * 5.17 = 113 random bits.
const TICKET: usize = 22;
const _: () = assert!(TICKET <= MAX_TICKET_BYTES);

/// Returns the name of a new room of a type.
pub(super) fn new_room(room_type: &str, random: &mut dyn FnMut() -> u64) -> String {
    format!("{room_type}/{}", letters(INSTANCE, random))
}

/// Returns a new ticket.
pub(super) fn new_ticket(random: &mut dyn FnMut() -> u64) -> String {
    letters(TICKET, random)
}

fn letters(count: usize, random: &mut dyn FnMut() -> u64) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // The bias is below 2^-58.
    let letter = || ALPHABET[((u128::from(random()) * 36) >> 64) as usize];
    std::iter::repeat_with(letter)
        .take(count)
        .map(char::from)
        .collect()
}
