//! How walls change a segment: the rule for one tick, and the first tick at which it can change
//! anything.

use super::{Gait, HALF_BODY, Heading, Position, Segment, WallGrid};
use crate::ids::Tick;

/// A segment, and the tick before which it is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The motion from now on.
    pub segment: Segment,
    /// The first tick at which [`contact`] must be called. The segment is valid before it.
    pub review: Tick,
}

impl Course {
    /// Returns a course without motion, which never needs a review.
    #[must_use]
    pub fn still(since: Tick, position: Position) -> Self {
        Self {
            segment: Segment::still(since, position),
            review: Tick(u32::MAX),
        }
    }
}

/// Returns the course of a body at `position` whose heading changes at `tick`.
#[must_use]
pub fn turn(walls: &WallGrid, position: Position, heading: Heading, tick: Tick) -> Course {
    let velocity = heading.velocity();
    let moved = step(walls, position, heading);
    let gait = Gait {
        heading,
        // Already flush against the wall: blocked from the first tick. After a partial step, the
        // contact is in the next tick.
        blocked_x: velocity.x != 0 && moved.position.x == position.x,
        blocked_y: velocity.y != 0 && moved.position.y == position.y,
    };
    review_from(
        walls,
        Segment {
            since: tick,
            position,
            gait,
        },
        tick,
    )
}

/// Returns the course from `tick` on. Its segment is unchanged if the walls do not change the
/// motion at that tick. Call it at the tick `course.review`, or later if no position from that tick
/// on was used yet.
#[must_use]
pub fn contact(walls: &WallGrid, course: &Course, tick: Tick) -> Course {
    let from = course.segment.at(Tick(tick.0 - 1));
    let moved = step(walls, from, course.segment.gait.heading);
    let expected = course.segment.at(tick);
    let segment = if moved.position == expected && moved.gait == course.segment.gait {
        course.segment
    } else {
        Segment {
            since: tick,
            position: moved.position,
            gait: moved.gait,
        }
    };
    let course = review_from(walls, segment, tick);
    // A step moves along x in the rows where it began. If it left those rows, x may be free in the
    // next step.
    let left_rows = walls.tiles_across(from.y) != walls.tiles_across(moved.position.y);
    if moved.gait.blocked_x && left_rows {
        Course {
            review: tick.after(1),
            ..course
        }
    } else {
        course
    }
}

/// The state of a body after one tick.
struct StepOutcome {
    position: Position,
    gait: Gait,
}

/// Moves a body by one tick: along x, then along y. Each movement stops flush at a wall.
fn step(walls: &WallGrid, from: Position, heading: Heading) -> StepOutcome {
    let velocity = heading.velocity();
    let mut position = from;
    let mut gait = Gait {
        heading,
        blocked_x: false,
        blocked_y: false,
    };
    if velocity.x != 0 {
        position.x += velocity.x;
        if !walls.is_free(position) {
            position.x = flush(walls, from.x, velocity.x);
            gait.blocked_x = true;
        }
    }
    if velocity.y != 0 {
        position.y += velocity.y;
        if !walls.is_free(position) {
            position.y = flush(walls, from.y, velocity.y);
            gait.blocked_y = true;
        }
    }
    StepOutcome { position, gait }
}

/// Returns the centre of a body that touches the next tile boundary in the direction of travel.
fn flush(walls: &WallGrid, middle: i32, velocity: i32) -> i32 {
    let tile = walls.tile();
    let (first, last) = walls.tiles_across(middle);
    if velocity > 0 {
        (last + 1) * tile - HALF_BODY
    } else {
        first * tile + HALF_BODY
    }
}

/// Returns the course with its next review: the first tick after `from` at which an edge of the
/// body enters or leaves a column or row of tiles. Until then it touches the same tiles, and
/// nothing can change.
fn review_from(walls: &WallGrid, segment: Segment, from: Tick) -> Course {
    let heading = segment.gait.heading.velocity();
    if heading.x == 0 && heading.y == 0 {
        return Course {
            segment,
            review: Tick(u32::MAX),
        };
    }
    let velocity = segment.gait.velocity();
    let here = segment.at(from);
    // The trailing edge also matters: leaving a tile can end the wall that blocks the other axis.
    let ticks =
        ticks_within_tiles(walls, here.x, velocity.x).min(ticks_within_tiles(walls, here.y, velocity.y));
    Course {
        segment,
        review: from.after(ticks.saturating_add(1)).min(Tick(u32::MAX)),
    }
}

/// Returns for how many whole ticks a body that moves along one axis keeps touching the same tiles.
fn ticks_within_tiles(walls: &WallGrid, middle: i32, velocity: i32) -> u32 {
    if velocity == 0 {
        // This axis sets no limit. 2^16 ticks are 18 minutes, and keep `Tick` arithmetic far from
        // overflow.
        return u32::from(u16::MAX);
    }
    let tile = walls.tile();
    let (low, high) = (middle - HALF_BODY, middle + HALF_BODY - 1);
    let room = if velocity > 0 {
        (tile - 1 - low.rem_euclid(tile)).min(tile - 1 - high.rem_euclid(tile))
    } else {
        low.rem_euclid(tile).min(high.rem_euclid(tile))
    };
    (room / velocity.abs()) as u32
}
