//! Gaits, and their bytes on the wire.

use serde::{Deserialize, Serialize};

use super::{
    Direction, Heading, Velocity,
    heading::{FREE, SPRINT},
};

const BLOCKED_X: u8 = 1 << 5;
const BLOCKED_Y: u8 = 1 << 6;

/// A heading and which axes are blocked. It determines the velocity.
///
/// On the wire, the first byte has these bits: 0-3 direction, 4 sprint, 5 x blocked, 6 y blocked, 7
/// free. If bit 7 is set, bits 0 to 4 are 0, and the velocity of the heading follows as `i16 x`,
/// `i16 y`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gait {
    /// The requested heading.
    pub heading: Heading,
    /// Whether a wall or a body blocks movement along x.
    #[serde(default)]
    pub blocked_x: bool,
    /// Whether a wall or a body blocks movement along y.
    #[serde(default)]
    pub blocked_y: bool,
}

/// The bytes of a gait on the wire: 1 or 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaitBytes {
    bytes: [u8; Self::LONGEST],
    len: u8,
}

impl GaitBytes {
    /// The longest form.
    pub const LONGEST: usize = 5;

    /// Returns the bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl Gait {
    /// Returns the gait on open ground.
    #[must_use]
    pub fn open(heading: Heading) -> Self {
        Self {
            heading,
            blocked_x: false,
            blocked_y: false,
        }
    }

    /// Returns the velocity of the heading, with 0 on blocked axes.
    #[must_use]
    pub fn velocity(self) -> Velocity {
        let open = self.heading.velocity();
        Velocity {
            x: if self.blocked_x { 0 } else { open.x },
            y: if self.blocked_y { 0 } else { open.y },
        }
    }

    /// Returns the bytes on the wire.
    #[must_use]
    pub fn to_bytes(self) -> GaitBytes {
        let code = self.heading.code();
        let first =
            code | if self.blocked_x { BLOCKED_X } else { 0 } | if self.blocked_y { BLOCKED_Y } else { 0 };
        let Velocity { x, y } = self.heading.velocity();
        let ([x0, x1], [y0, y1]) = (x.to_le_bytes(), y.to_le_bytes());
        GaitBytes {
            bytes: [first, x0, x1, y0, y1],
            len: if code == FREE { 5 } else { 1 },
        }
    }

    /// Reads a gait whose form is one byte. Returns `None` if the direction is over 8, or if the
    /// gait has a velocity.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let direction = *Direction::ALL.get(usize::from(byte & 0x0F))?;
        (byte & FREE == 0).then_some(Self {
            heading: Heading::keys(direction, byte & SPRINT != 0),
            blocked_x: byte & BLOCKED_X != 0,
            blocked_y: byte & BLOCKED_Y != 0,
        })
    }

    /// Whether a velocity follows this first byte.
    #[must_use]
    pub fn has_velocity(first: u8) -> bool {
        first & FREE != 0
    }

    /// Reads a gait with a velocity. Returns `None` if one of the lowest five bits is set, or if
    /// the velocity is out of its range.
    #[must_use]
    pub fn from_velocity(first: u8, velocity: Velocity) -> Option<Self> {
        let is_valid = first & !(BLOCKED_X | BLOCKED_Y) == FREE && velocity.is_valid();
        is_valid.then(|| Self {
            heading: Heading::free(velocity),
            blocked_x: first & BLOCKED_X != 0,
            blocked_y: first & BLOCKED_Y != 0,
        })
    }
}
