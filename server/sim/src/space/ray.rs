//! Where a body that moves along a straight line touches others, in exact fractions.

use std::cmp::Ordering;

use parlour_shared::motion::{Position, UNITS_PER_PX, WallGrid};

use super::{HalfSize, Rect};

/// A body that moves along a straight line. A body of size 0 covers one unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ray {
    pub(super) from: Position,
    pub(super) to: Position,
    pub(super) size: HalfSize,
}

/// A point on a line: this part of its length. The denominator is positive.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinePart {
    pub(super) numerator: i64,
    pub(super) denominator: i64,
}

/// Returns where the body touches the first wall.
pub(super) fn first_wall(walls: &WallGrid, ray: &Ray) -> Option<LinePart> {
    let (dx, dy) = ray.length();
    // Strips of tiles across the longer axis, in the direction of travel.
    let along_x = dx.abs() >= dy.abs();
    let tile = i64::from(walls.tile_px()) * i64::from(UNITS_PER_PX);
    let (major, minor) = if along_x { (dx, dy) } else { (dy, dx) };
    let pick = |x: i32, y: i32| if along_x { (x, y) } else { (y, x) };
    let (from, from_minor) = pick(ray.from.x, ray.from.y);
    let (half, half_minor) = pick(ray.size.half_x, ray.size.half_y);
    let (from, from_minor) = (i64::from(from), i64::from(from_minor));
    // One unit more, because a body of size 0 covers one unit.
    let (half, half_minor) = (i64::from(half) + 1, i64::from(half_minor) + 1);
    let first_strip = (from - half * sign(major)).div_euclid(tile);
    let last_strip = (from + major + half * sign(major)).div_euclid(tile);
    let mut first: Option<LinePart> = None;
    let mut strip = first_strip;
    loop {
        let (low, high) = (strip * tile - half, (strip + 1) * tile + half);
        let (enter, leave) = if major >= 0 { (low, high) } else { (high, low) };
        // The strip is crossed between these two distances along the longer axis.
        let limit = |at: i64| ((at - from) * sign(major)).clamp(0, major.abs());
        let (enter, leave) = (limit(enter), limit(leave));
        let entered = LinePart {
            numerator: enter,
            denominator: major.abs().max(1),
        };
        if first.is_some_and(|part| part <= entered) {
            break;
        }
        let minor_at = |distance: i64| {
            let product = i128::from(minor) * i128::from(distance);
            from_minor + (product / i128::from(major.abs().max(1))) as i64
        };
        let (one, other) = (minor_at(enter), minor_at(leave));
        // `minor_at` rounds by less than one unit.
        let top = (one.min(other) - half_minor - 1).div_euclid(tile);
        let bottom = (one.max(other) + half_minor + 1).div_euclid(tile);
        for across in top..=bottom {
            let (column, row) = if along_x { (strip, across) } else { (across, strip) };
            if !is_wall(walls, column, row) {
                continue;
            }
            let part = ray.touches_box(column * tile, row * tile, (column + 1) * tile, (row + 1) * tile);
            if let Some(part) = part
                && first.is_none_or(|earliest| part < earliest)
            {
                first = Some(part);
            }
        }
        if strip == last_strip {
            break;
        }
        strip += sign(major);
    }
    first
}

fn is_wall(walls: &WallGrid, column: i64, row: i64) -> bool {
    match (i32::try_from(column), i32::try_from(row)) {
        (Ok(column), Ok(row)) => walls.is_wall(column, row),
        _ => true,
    }
}

/// 1 or -1.
fn sign(length: i64) -> i64 {
    if length < 0 { -1 } else { 1 }
}

impl Ray {
    pub(super) fn length(&self) -> (i64, i64) {
        (
            i64::from(self.to.x) - i64::from(self.from.x),
            i64::from(self.to.y) - i64::from(self.from.y),
        )
    }

    /// Returns the position at a part of the line, rounded toward its start.
    pub(super) fn at(&self, part: LinePart) -> Position {
        let (dx, dy) = self.length();
        let along = |from: i32, length: i64| {
            let product = i128::from(length) * i128::from(part.numerator);
            (i128::from(from) + product / i128::from(part.denominator)) as i32
        };
        Position {
            x: along(self.from.x, dx),
            y: along(self.from.y, dy),
        }
    }

    /// Returns where the moved body begins to overlap another one, if it does.
    pub(super) fn touches(&self, body: Rect) -> Option<LinePart> {
        let (left, top) = (i64::from(body.left), i64::from(body.top));
        let (right, bottom) = (i64::from(body.right), i64::from(body.bottom));
        self.touches_box(left, top, right.max(left + 1), bottom.max(top + 1))
    }

    fn touches_box(&self, left: i64, top: i64, right: i64, bottom: i64) -> Option<LinePart> {
        let (dx, dy) = self.length();
        let half = |half: i32| i64::from(half);
        let (half_x, half_y) = (half(self.size.half_x), half(self.size.half_y));
        // The centre of the moved body is between these limits, without the limits themselves.
        let x = Overlap::of(i64::from(self.from.x), dx, left - half_x.max(1), right + half_x)?;
        let y = Overlap::of(i64::from(self.from.y), dy, top - half_y.max(1), bottom + half_y)?;
        let (begin, end) = (x.begin.max(y.begin), x.end.min(y.end));
        (begin < end).then_some(begin)
    }
}

/// The part of a line on which one coordinate is between two limits. It ends after `begin`.
struct Overlap {
    begin: LinePart,
    end: LinePart,
}

impl Overlap {
    fn of(from: i64, length: i64, low: i64, high: i64) -> Option<Self> {
        // Beyond the end, so that a body that overlaps at the end overlaps after its begin.
        let beyond = LinePart {
            numerator: 2,
            denominator: 1,
        };
        let start = LinePart {
            numerator: 0,
            denominator: 1,
        };
        if length == 0 {
            return (low < from && from < high).then_some(Self {
                begin: start,
                end: beyond,
            });
        }
        let (enter, leave) = if length > 0 {
            (low - from, high - from)
        } else {
            (from - high, from - low)
        };
        let length = length.abs();
        if leave <= 0 || enter >= length {
            return None;
        }
        let part = |numerator| LinePart {
            numerator,
            denominator: length,
        };
        Some(Self {
            begin: part(enter.max(0)),
            end: if leave > length { beyond } else { part(leave) },
        })
    }
}

impl PartialEq for LinePart {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for LinePart {}

impl PartialOrd for LinePart {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LinePart {
    fn cmp(&self, other: &Self) -> Ordering {
        let one = i128::from(self.numerator) * i128::from(other.denominator);
        let two = i128::from(other.numerator) * i128::from(self.denominator);
        one.cmp(&two)
    }
}
