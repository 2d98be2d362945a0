//! The size of a body.

use serde::{Deserialize, Serialize};

use super::{Bounds, HALF_BODY, Position};

/// Half the width and half the height of a body, in units. The position of the body is its centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodySize {
    /// Half the width, at least 1.
    pub half_x: u16,
    /// Half the height, at least 1.
    pub half_y: u16,
}

impl BodySize {
    /// A player: 16 x 16 px.
    pub const PLAYER: Self = Self {
        half_x: HALF_BODY as u16,
        half_y: HALF_BODY as u16,
    };

    /// Returns the rectangle that a body at a position covers.
    #[must_use]
    pub fn at(self, position: Position) -> Bounds {
        let (x, y) = (i32::from(self.half_x), i32::from(self.half_y));
        Bounds {
            left: position.x.saturating_sub(x),
            top: position.y.saturating_sub(y),
            right: position.x.saturating_add(x),
            bottom: position.y.saturating_add(y),
        }
    }
}

impl Default for BodySize {
    fn default() -> Self {
        Self::PLAYER
    }
}
