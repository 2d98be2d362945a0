//! Whether a body can be seen.

use parlour_shared::motion::{Position, WallGrid};

use super::{
    HalfSize, Rect,
    ray::{Ray, first_wall},
};

/// Returns whether a straight line leads from a position to the centre of a body, or to its nearest
/// point, and reaches the body before a wall. So a body that hangs on a wall, or fills a gap in
/// one, can be seen from in front of it.
pub(crate) fn sees_body(walls: &WallGrid, from: Position, body: Rect) -> bool {
    [body.centre(), body.nearest_to(from)].into_iter().any(|to| {
        let line = Ray {
            from,
            to,
            size: HalfSize::default(),
        };
        let Some(wall) = first_wall(walls, &line) else {
            return true;
        };
        line.touches(body).is_some_and(|reached| reached <= wall)
    })
}
