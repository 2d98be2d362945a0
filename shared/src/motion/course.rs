//! How walls and blockers change a segment: what the rule for one tick means for it, and the first
//! tick at which the rule can change anything.

use super::{
    Gait, Heading, Position, Segment, Surroundings, Velocity, WallGrid,
    step::{StepOutcome, step},
};
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
pub fn turn<'a>(
    around: impl Into<Surroundings<'a>>,
    position: Position,
    heading: Heading,
    tick: Tick,
) -> Course {
    let around = &around.into();
    let velocity = heading.velocity();
    let mut is_leaving = false;
    let gait = if heading.is_still() {
        Gait::open(heading)
    } else {
        let moved = step(around, position, heading);
        is_leaving = is_leaving_wall(around, position, &moved);
        Gait {
            heading,
            // Already flush against the wall: blocked from the first tick. After a partial step,
            // the contact is in the next tick.
            blocked_x: velocity.x != 0 && moved.position.x == position.x,
            blocked_y: velocity.y != 0 && moved.position.y == position.y,
        }
    };
    let segment = Segment {
        since: tick,
        position,
        gait,
    };
    let course = review_from(around, segment, tick);
    if is_leaving {
        return Course {
            review: tick.after(1),
            ..course
        };
    }
    course
}

/// Returns the course from `tick` on. Its segment is unchanged if nothing changes the motion at
/// that tick. Call it at the tick `course.review`, or later if no position from that tick on was
/// used yet.
#[must_use]
pub fn contact<'a>(around: impl Into<Surroundings<'a>>, course: &Course, tick: Tick) -> Course {
    let around = &around.into();
    let from = course.segment.at(Tick(tick.0 - 1));
    let moved = step(around, from, course.segment.gait.heading);
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
    let course = review_from(around, segment, tick);
    let (before, after) = (from.y, moved.position.y);
    // A step moves along x in the rows where it began. If it left those rows, or the blocker beside
    // it, x may be free in the next step.
    let half = i32::from(around.body.half_y);
    let left_rows = || around.walls.tiles_across(before, half) != around.walls.tiles_across(after, half);
    let x_may_open = moved.gait.blocked_x && before != after && (left_rows() || !around.blockers.is_empty());
    // In a step with parts, an axis stays blocked although the other one moved on.
    let is_blocked = moved.gait.blocked_x || moved.gait.blocked_y;
    let may_open = moved.has_parts && is_blocked && moved.position != from;
    if x_may_open || may_open || is_leaving_wall(around, from, &moved) {
        Course {
            review: tick.after(1),
            ..course
        }
    } else {
        course
    }
}

/// Returns whether a step moves a body that is in a wall, where only game logic can put it, and a
/// wall stops it on an axis. What stops it in the next step is then not what is beside it now.
fn is_leaving_wall(around: &Surroundings<'_>, from: Position, moved: &StepOutcome) -> bool {
    let is_blocked = moved.gait.blocked_x || moved.gait.blocked_y;
    is_blocked && moved.position != from && !around.walls.is_free_for(around.body, from)
}

/// Returns the course with its next review: the first tick after `from` at which an edge of the
/// body enters or leaves a column or row of tiles, or passes an edge of a blocker. Until then,
/// nothing can change.
fn review_from(around: &Surroundings<'_>, segment: Segment, from: Tick) -> Course {
    if segment.gait.heading.is_still() {
        return Course {
            segment,
            review: Tick(u32::MAX),
        };
    }
    let velocity = segment.gait.velocity();
    let here = segment.at(from);
    // The trailing edge also matters: leaving a tile can end the wall that blocks the other axis.
    let (half_x, half_y) = (around.body.half_x.into(), around.body.half_y.into());
    let mut ticks = ticks_within_tiles(around.walls, here.x, half_x, velocity.x).min(ticks_within_tiles(
        around.walls,
        here.y,
        half_y,
        velocity.y,
    ));
    if !around.blockers.is_empty() {
        ticks = ticks.min(ticks_beside_blockers(around, here, velocity));
    }
    Course {
        segment,
        review: from.after(ticks.saturating_add(1)).min(Tick(u32::MAX)),
    }
}

/// The ticks after which a course is reviewed in any case. 2^16 ticks are 18 minutes, and keep
/// `Tick` arithmetic far from overflow.
const LONGEST: u32 = u16::MAX as u32;

/// Returns for how many whole ticks a body that moves along one axis keeps touching the same tiles.
fn ticks_within_tiles(walls: &WallGrid, middle: i32, half: i32, velocity: i16) -> u32 {
    let velocity = i32::from(velocity);
    if velocity == 0 {
        // This axis sets no limit.
        return LONGEST;
    }
    let tile = walls.tile();
    let (low, high) = (middle.saturating_sub(half), middle.saturating_add(half - 1));
    let room = if velocity > 0 {
        (tile - 1 - low.rem_euclid(tile)).min(tile - 1 - high.rem_euclid(tile))
    } else {
        low.rem_euclid(tile).min(high.rem_euclid(tile))
    };
    (room / velocity.abs()) as u32
}

/// Returns for how many whole ticks the body passes no edge of a blocker, or 0 if one of them
/// moves.
fn ticks_beside_blockers(around: &Surroundings<'_>, here: Position, velocity: Velocity) -> u32 {
    let body = around.body.at(here);
    let ticks = around.blockers.iter().map(|blocker| {
        let other = &blocker.bounds;
        if blocker.moves {
            return 0;
        }
        let x = ticks_to_edges((body.left, body.right), (other.left, other.right), velocity.x);
        x.min(ticks_to_edges(
            (body.top, body.bottom),
            (other.top, other.bottom),
            velocity.y,
        ))
    });
    ticks.min().unwrap_or(LONGEST)
}

/// Returns for how many whole ticks neither edge of a body reaches an edge of a blocker along one
/// axis.
fn ticks_to_edges((low, high): (i32, i32), (start, limit): (i32, i32), velocity: i16) -> u32 {
    let velocity = i64::from(velocity);
    if velocity == 0 {
        return LONGEST;
    }
    let distance = |edge: i32, of: i32| {
        let ahead = (i64::from(of) - i64::from(edge)) * velocity.signum();
        (ahead >= 0).then(|| (ahead - 1).max(0) / velocity.abs())
    };
    let edges = [
        distance(low, start),
        distance(low, limit),
        distance(high, start),
        distance(high, limit),
    ];
    edges.into_iter().flatten().min().map_or(LONGEST, |ticks| {
        u32::try_from(ticks).unwrap_or(LONGEST).min(LONGEST)
    })
}
