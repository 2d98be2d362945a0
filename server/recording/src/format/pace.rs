//! The pace of a tick as a byte.

use parlour_tick::{Cadence, Pace, PaceLevel};

/// In the byte of a pace that is fixed; its lowest two bits say which of [`Cadence::ALL`]. Without it, the byte is the
/// number of a step.
const FIXED: u8 = 8;

pub(super) fn to_byte(pace: Pace) -> u8 {
    match pace {
        Pace::Fixed(cadence) => FIXED | cadence as u8,
        Pace::Adaptive(step) => step.number(),
    }
}

/// None: there is no such pace, or it is the one that is not written.
pub(super) fn from_byte(byte: u8) -> Option<Pace> {
    let pace = match byte.checked_sub(FIXED) {
        Some(number) => Pace::Fixed(*Cadence::ALL.get(usize::from(number))?),
        None => Pace::Adaptive(PaceLevel::new(byte)?),
    };
    (pace != Pace::default()).then_some(pace)
}
