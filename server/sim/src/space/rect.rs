//! Rectangles in a room, and the sizes of bodies.

use parlour_shared::{
    map::Door,
    motion::{BodySize, Position, UNITS_PER_PX},
};
use serde::{Deserialize, Serialize};

/// A rectangle in units. It includes its left and top edges, and excludes its right and bottom
/// edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// The left edge.
    pub left: i32,
    /// The top edge.
    pub top: i32,
    /// The right edge.
    pub right: i32,
    /// The bottom edge.
    pub bottom: i32,
}

impl Rect {
    /// Returns the rectangle of a body, with the position as its centre.
    #[must_use]
    pub fn of_body(position: Position, size: HalfSize) -> Self {
        Self {
            left: position.x.saturating_sub(size.half_x),
            top: position.y.saturating_sub(size.half_y),
            right: position.x.saturating_add(size.half_x),
            bottom: position.y.saturating_add(size.half_y),
        }
    }

    /// Returns the rectangle of all positions that are at most `radius` units away along each
    /// axis.
    #[must_use]
    pub fn around(position: Position, radius: i32) -> Self {
        Self {
            left: position.x.saturating_sub(radius),
            top: position.y.saturating_sub(radius),
            right: position.x.saturating_add(radius).saturating_add(1),
            bottom: position.y.saturating_add(radius).saturating_add(1),
        }
    }

    /// Returns a rectangle that is given in pixels, as maps give areas and doors. Edges outside of
    /// any map saturate.
    #[must_use]
    pub fn from_px(x: i32, y: i32, width: i32, height: i32) -> Self {
        let units = |px: i32| px.saturating_mul(UNITS_PER_PX);
        Self {
            left: units(x),
            top: units(y),
            right: units(x.saturating_add(width)),
            bottom: units(y.saturating_add(height)),
        }
    }

    /// Returns whether a position is in the rectangle.
    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        (self.left..self.right).contains(&position.x) && (self.top..self.bottom).contains(&position.y)
    }

    /// Returns whether two rectangles overlap. A rectangle without width or height overlaps
    /// the rectangles that contain its position.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        // A body of size 0 counts as one unit.
        let axis = |low: i32, high: i32, other_low: i32, other_high: i32| {
            low < other_high.max(other_low.saturating_add(1)) && other_low < high.max(low.saturating_add(1))
        };
        axis(self.left, self.right, other.left, other.right)
            && axis(self.top, self.bottom, other.top, other.bottom)
    }

    /// Returns the rectangle with each edge moved outward.
    #[must_use]
    pub fn grown(&self, by: HalfSize) -> Self {
        Self {
            left: self.left.saturating_sub(by.half_x),
            top: self.top.saturating_sub(by.half_y),
            right: self.right.saturating_add(by.half_x),
            bottom: self.bottom.saturating_add(by.half_y),
        }
    }

    /// Returns the position in the rectangle that is nearest to another position.
    pub(crate) fn nearest_to(&self, position: Position) -> Position {
        // The right and bottom edges are excluded.
        let along = |low: i32, high: i32, at: i32| at.max(low).min(high.saturating_sub(1).max(low));
        Position {
            x: along(self.left, self.right, position.x),
            y: along(self.top, self.bottom, position.y),
        }
    }

    /// Returns the centre of the rectangle.
    pub(crate) fn centre(&self) -> Position {
        Position {
            x: self.left.midpoint(self.right),
            y: self.top.midpoint(self.bottom),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }
}

impl From<&Door> for Rect {
    fn from(door: &Door) -> Self {
        Self::from_px(door.x, door.y, door.w, door.h)
    }
}

/// Half the width and half the height of a rectangle around a position, in units. Unlike a
/// [`BodySize`], it may be 0, and larger than any body: that of a point, or of two bodies together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfSize {
    /// Half the width.
    pub half_x: i32,
    /// Half the height.
    pub half_y: i32,
}

impl From<BodySize> for HalfSize {
    fn from(body: BodySize) -> Self {
        Self {
            half_x: i32::from(body.half_x),
            half_y: i32::from(body.half_y),
        }
    }
}

impl HalfSize {
    /// Returns the smallest size that contains both bodies.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            half_x: self.half_x.max(other.half_x),
            half_y: self.half_y.max(other.half_y),
        }
    }
}
