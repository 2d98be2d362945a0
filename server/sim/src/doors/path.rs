//! Finds where the path of a tick meets a door, in exact integers.

use std::cmp::Ordering;

use parlour_shared::{
    ids::Tick,
    map::Door,
    motion::{Position, Segment, UNITS_PER_PX},
};

/// The path of the middle of a body in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// Its position at the previous tick.
    pub(crate) from: Position,
    /// Its position at this tick.
    pub(crate) to: Position,
    /// Whether game logic teleported the player, which then passed nothing between the positions.
    pub(crate) teleported: bool,
}

impl Path {
    /// Returns how far along the path the door is, or `None` if the path misses the door or starts
    /// in it.
    pub(super) fn enters(&self, door: &Door) -> Option<Fraction> {
        if door.contains(self.from) {
            return None;
        }
        if self.teleported {
            return door.contains(self.to).then_some(Fraction::ONE);
        }
        let (columns, rows) = spans(door);
        let x = columns.crossed(self.from.x, self.to.x)?;
        let y = rows.crossed(self.from.y, self.to.y)?;
        let (enters, leaves) = (x.0.max(y.0), x.1.min(y.1));
        (enters <= leaves).then_some(enters)
    }
}

/// Returns the first tick after `tick` whose path can enter one of the doors, if the segment does
/// not change. The result is never too late. It is too early at most once for each door that the
/// path misses.
pub(super) fn next_check(doors: &[Door], segment: &Segment, tick: Tick) -> Tick {
    let (here, velocity) = (segment.at(tick), segment.gait.velocity());
    let ticks = doors
        .iter()
        // A straight path cannot enter the door that it is in.
        .filter(|door| !door.contains(here))
        .filter_map(|door| {
            let (columns, rows) = spans(door);
            let x = columns.ticks_until(here.x, velocity.x)?;
            Some(x.max(rows.ticks_until(here.y, velocity.y)?))
        })
        .min();
    ticks.map_or(Tick(u32::MAX), |ticks| Tick(tick.0.saturating_add(ticks.max(1))))
}

/// A position along a path, from 0 to 1, as an exact fraction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fraction {
    numerator: i64,
    /// Positive.
    denominator: i64,
}

impl Fraction {
    const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };
    const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        let wide = |a: i64, b: i64| i128::from(a) * i128::from(b);
        wide(self.numerator, other.denominator).cmp(&wide(other.numerator, self.denominator))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Fraction {}

/// The units that a door covers along one axis, first to last. Empty if the door has no width.
struct Span {
    first: i64,
    last: i64,
}

fn spans(door: &Door) -> (Span, Span) {
    let span = |start: i32, length: i32| {
        let (start, length) = (i64::from(start), i64::from(length));
        Span {
            first: start * i64::from(UNITS_PER_PX),
            last: (start + length) * i64::from(UNITS_PER_PX) - 1,
        }
    };
    (span(door.x, door.w), span(door.y, door.h))
}

impl Span {
    /// Returns where a path enters and leaves the span, or `None` if it is never within it.
    fn crossed(&self, from: i32, to: i32) -> Option<(Fraction, Fraction)> {
        let (from, to) = (i64::from(from), i64::from(to));
        let (until_first, until_last) = match to.cmp(&from) {
            Ordering::Equal => {
                let within = (self.first..=self.last).contains(&from);
                return within.then_some((Fraction::ZERO, Fraction::ONE));
            }
            Ordering::Greater => (self.first - from, self.last - from),
            Ordering::Less => (from - self.last, from - self.first),
        };
        let fraction = |distance| Fraction {
            numerator: distance,
            denominator: (to - from).abs(),
        };
        let (enters, leaves) = (
            fraction(until_first).max(Fraction::ZERO),
            fraction(until_last).min(Fraction::ONE),
        );
        (enters <= leaves).then_some((enters, leaves))
    }

    /// Returns the ticks, rounded up, after which a point with this velocity is first within the
    /// span, or `None` if it never is.
    fn ticks_until(&self, place: i32, velocity: i16) -> Option<u32> {
        let (place, velocity) = (i64::from(place), i64::from(velocity));
        if (self.first..=self.last).contains(&place) {
            return Some(0);
        }
        let distance = if place < self.first {
            self.first - place
        } else {
            self.last - place
        };
        // The point stands still along this axis, or moves away.
        if distance.signum() != velocity.signum() || self.first > self.last {
            return None;
        }
        let ticks = (distance.abs() + velocity.abs() - 1) / velocity.abs();
        Some(u32::try_from(ticks).unwrap_or(u32::MAX))
    }
}
