//! The near radius, and the larger one beyond which players are no longer near.

use parlour_shared::motion::{Position, UNITS_PER_PX};

use super::lanes::LaneRect;

/// The two radii of nearness, in units and squared units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NearRadius {
    /// Players come near each other within this distance.
    pub enter_squared: i64,
    /// Players go away from each other beyond this distance.
    pub leave_squared: i64,
    /// The larger of the two distances, in units.
    pub leave: i32,
}

impl NearRadius {
    /// Players come near each other within `px` pixels, and go away beyond a sixth more.
    #[must_use]
    pub fn from_px(px: u32) -> Self {
        let enter = px as i32 * UNITS_PER_PX;
        let leave = enter + enter / 6;
        let square = |distance: i32| i64::from(distance) * i64::from(distance);
        Self {
            enter_squared: square(enter),
            leave_squared: square(leave),
            leave,
        }
    }
    /// Returns the square around a position that contains all positions within the leave radius.
    #[inline]
    pub(super) fn square_around(self, from: Position) -> LaneRect {
        let side = 2 * self.leave as u32;
        LaneRect {
            left: from.x.wrapping_sub(self.leave),
            top: from.y.wrapping_sub(self.leave),
            width: side,
            height: side,
        }
    }
}
