//! Velocities of angles: a full turn has 256 angles.

use super::Velocity;

/// The length of a unit vector.
pub const UNIT_VECTOR_SCALE: i32 = 1 << 14;

/// `round(2^14 * sin(pi * i / 128))` for i from 0 to 64, a quarter of a turn.
const SINES: [i16; 65] = [
    0, 402, 804, 1205, 1606, 2006, 2404, 2801, 3196, 3590, 3981, 4370, 4756, 5139, 5520, 5897, 6270, 6639,
    7005, 7366, 7723, 8076, 8423, 8765, 9102, 9434, 9760, 10080, 10394, 10702, 11003, 11297, 11585, 11866,
    12140, 12406, 12665, 12916, 13160, 13395, 13623, 13842, 14053, 14256, 14449, 14635, 14811, 14978, 15137,
    15286, 15426, 15557, 15679, 15791, 15893, 15986, 16069, 16143, 16207, 16261, 16305, 16340, 16364, 16379,
    16384,
];

/// Returns the vector of an angle, [`UNIT_VECTOR_SCALE`] long. 0 is east and 64 is south: clockwise
/// on the screen, because y points down.
#[must_use]
pub fn unit_vector(angle: u8) -> (i32, i32) {
    (sine(angle.wrapping_add(64)), sine(angle))
}

fn sine(angle: u8) -> i32 {
    let within = usize::from(angle % 128);
    let size = i32::from(SINES[if within > 64 { 128 - within } else { within }]);
    if angle < 128 { size } else { -size }
}

impl Velocity {
    /// Returns the velocity of a speed, in units per tick, in the direction of an angle. Each axis
    /// is rounded toward zero.
    #[must_use]
    pub fn of_angle(angle: u8, speed: u16) -> Self {
        let (x, y) = unit_vector(angle);
        let speed = i32::from(speed).min(Self::MAX.into());
        // At most 32,767 * 2^14, which fits an i32. Division rounds toward zero.
        let along = |unit: i32| (speed * unit / UNIT_VECTOR_SCALE) as i16;
        Self {
            x: along(x),
            y: along(y),
        }
    }
}
