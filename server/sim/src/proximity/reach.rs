//! How far is near.

use parlour_shared::motion::UNITS_PER_PX;

/// How far is near, in units squared.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Who is not near yet comes near within this distance.
    pub enter_squared: i64,
    /// Who is near goes away beyond this distance.
    pub leave_squared: i64,
    /// The larger of the two distances, in units.
    pub leave: i32,
}

impl Reach {
    /// Near within `px` pixels, away beyond a sixth more.
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
}
