//! The rule of motion: the movement of a body in one tick.

use super::{Bounds, Gait, Heading, Position, Surroundings, WallGrid};

/// The state of a body after one tick.
pub(super) struct StepOutcome {
    pub(super) position: Position,
    pub(super) gait: Gait,
    /// Whether the step had parts, because it was longer than a tile.
    pub(super) has_parts: bool,
}

/// Moves a body by one tick: along x, then along y. Each movement stops flush at a wall or blocker.
/// A step that is longer than a tile has several equal parts, so that the body passes no wall. An
/// axis that is blocked in one part is blocked for the rest of the step.
pub(super) fn step(around: &Surroundings<'_>, from: Position, heading: Heading) -> StepOutcome {
    let velocity = heading.velocity();
    let (vx, vy) = (i32::from(velocity.x), i32::from(velocity.y));
    let mut gait = Gait::open(heading);
    let mut position = from;
    let tile = around.walls.tile();
    let longest = vx.abs().max(vy.abs());
    let parts = if longest <= tile {
        1
    } else {
        (longest + tile - 1) / tile
    };
    for part in 1..=parts {
        let length = |speed: i32| speed * part / parts - speed * (part - 1) / parts;
        let (dx, dy) = (length(vx), length(vy));
        if dx != 0 && !gait.blocked_x {
            (position.x, gait.blocked_x) = along_x(around, position, dx);
        }
        if dy != 0 && !gait.blocked_y {
            (position.y, gait.blocked_y) = along_y(around, position, dy);
        }
    }
    StepOutcome {
        position,
        gait,
        has_parts: parts > 1,
    }
}

/// Returns the new x, and whether something is in the way.
fn along_x(around: &Surroundings<'_>, from: Position, by: i32) -> (i32, bool) {
    let x = from.x.saturating_add(by);
    let half = i32::from(around.body.half_x);
    let is_free = around.walls.is_free_for(around.body, Position { x, ..from });
    let mut end = if is_free {
        x
    } else {
        flush(around.walls, from.x, half, by)
    };
    if !around.blockers.is_empty() {
        let body = around.body.at(from);
        let beside = |other: &Bounds| other.top < body.bottom && body.top < other.bottom;
        let spans = around.blockers.iter().map(|blocker| &blocker.bounds);
        for other in spans.filter(|other| beside(other)) {
            end = stop((from.x, half), by, end, (other.left, other.right));
        }
    }
    (end, !is_free || end != x)
}

/// Returns the new y, and whether something is in the way.
fn along_y(around: &Surroundings<'_>, from: Position, by: i32) -> (i32, bool) {
    let y = from.y.saturating_add(by);
    let half = i32::from(around.body.half_y);
    let is_free = around.walls.is_free_for(around.body, Position { y, ..from });
    let mut end = if is_free {
        y
    } else {
        flush(around.walls, from.y, half, by)
    };
    if !around.blockers.is_empty() {
        let body = around.body.at(from);
        let beside = |other: &Bounds| other.left < body.right && body.left < other.right;
        let spans = around.blockers.iter().map(|blocker| &blocker.bounds);
        for other in spans.filter(|other| beside(other)) {
            end = stop((from.y, half), by, end, (other.top, other.bottom));
        }
    }
    (end, !is_free || end != y)
}

/// Returns the centre of a body that touches the next tile boundary in the direction of travel.
fn flush(walls: &WallGrid, middle: i32, half: i32, by: i32) -> i32 {
    let tile = walls.tile();
    let (first, last) = walls.tiles_across(middle, half);
    // Saturates for a position outside of any map.
    if by > 0 {
        last.saturating_add(1).saturating_mul(tile).saturating_sub(half)
    } else {
        first.saturating_mul(tile).saturating_add(half)
    }
}

/// Returns where a movement from `middle` to `end` along one axis stops at a blocker that covers
/// `start..limit` of the axis. A body that already overlaps the blocker may move away from the
/// middle of the blocker, but not toward it.
fn stop((middle, half): (i32, i32), by: i32, end: i32, (start, limit): (i32, i32)) -> i32 {
    let (start, limit, middle_wide) = (i64::from(start), i64::from(limit), i64::from(middle));
    let half = i64::from(half);
    let is_apart = middle_wide + half <= start || limit <= middle_wide - half;
    let furthest = match (by > 0, is_apart) {
        (true, true) if middle_wide + half <= start => start - half,
        (false, true) if limit <= middle_wide - half => limit + half,
        (true, false) if 2 * middle_wide < start + limit => middle_wide,
        (false, false) if 2 * middle_wide > start + limit => middle_wide,
        _ => return end,
    };
    let end = i64::from(end);
    // The result lies between the two positions, so it fits.
    (if by > 0 {
        end.min(furthest)
    } else {
        end.max(furthest)
    }) as i32
}
