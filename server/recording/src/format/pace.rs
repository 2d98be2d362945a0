//! The pace of a tick as a byte.

use parlour_tick::{Cadence, Pace, PaceLevel};

/// Flag of a fixed pace, whose lowest two bits are an index into [`Cadence::ALL`]. Without it, the
/// byte is a pace level.
const FIXED: u8 = 8;

pub(super) fn to_byte(pace: Pace) -> u8 {
    match pace {
        Pace::Fixed(cadence) => FIXED | cadence as u8,
        Pace::Adaptive(level) => level.number(),
    }
}

/// Returns `None` for an invalid byte, and for the default pace, which is never written.
pub(super) fn from_byte(byte: u8) -> Option<Pace> {
    let pace = match byte.checked_sub(FIXED) {
        Some(number) => Pace::Fixed(*Cadence::ALL.get(usize::from(number))?),
        None => Pace::Adaptive(PaceLevel::new(byte)?),
    };
    (pace != Pace::default()).then_some(pace)
}
