//! The size of a body, and the rectangle that it covers.

use serde::{Deserialize, Serialize};

use super::{HALF_BODY, Position};

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

/// A rectangle in units, excluding its right and lower edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The left edge.
    pub left: i32,
    /// The upper edge.
    pub top: i32,
    /// The right edge.
    pub right: i32,
    /// The lower edge.
    pub bottom: i32,
}

impl Bounds {
    /// Whether the rectangles have a point in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}
