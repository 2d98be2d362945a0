//! How an entity follows a path: a velocity for each tick.

use parlour_shared::motion::{Position, Velocity};
use serde::{Deserialize, Serialize};

use super::{TileCell, Walkable};

/// The rest of a path that an entity follows. State, and plain data: a component of an entity, or a
/// part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowPath {
    /// The tiles at which it turns, the next one last.
    turns: Vec<TileCell>,
    /// The velocity toward the next turn, chosen at the last one.
    velocity: Option<(i16, i16)>,
}

/// An entity that has memory for this many turns needs no more on most maps.
const USUAL_TURNS: usize = 32;

/// A stretch of constant velocity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The velocity.
    pub velocity: Velocity,
    /// For how many ticks the entity has it, at least 1. `u32::MAX` at the target.
    pub ticks: u32,
}

impl FollowPath {
    /// Begins to follow a path: the tiles at which it turns, in order. Keeps its memory.
    pub fn begin(&mut self, path: &[TileCell]) {
        self.turns.clear();
        // With the tile at which the path starts.
        self.turns.reserve((path.len() + 1).max(USUAL_TURNS));
        self.turns.extend(path.iter().rev());
        self.velocity = None;
    }

    /// Begins to follow a path that starts at the centre of the tile `from`, for an entity that is
    /// elsewhere. Unless `from` is on its way to the first turn anyway, or the entity is already
    /// beyond it, it goes there first.
    pub fn begin_from(&mut self, map: Walkable<'_>, here: Position, from: TileCell, path: &[TileCell]) {
        self.begin(path);
        let start = map.centre(from);
        let is_on_line = |first: &TileCell| {
            let (x, y) = wide(apart(start, here));
            let (first_x, first_y) = wide(apart(start, map.centre(*first)));
            let (along, whole) = (x * first_x + y * first_y, first_x * first_x + first_y * first_y);
            x * first_y == y * first_x && along <= whole
        };
        if !path.first().is_some_and(is_on_line) {
            self.turns.push(from);
        }
    }

    /// Stops.
    pub fn stop(&mut self) {
        self.begin(&[]);
    }

    /// Replaces the rest of the path with a tile that is on the way to the next turn.
    pub fn stop_at(&mut self, tile: TileCell) {
        self.turns.clear();
        self.turns.push(tile);
    }

    /// Chooses the velocity to the next turn again, because the speed has changed.
    pub fn choose_velocity(&mut self) {
        self.velocity = None;
    }

    /// Returns the next tile whose centre is on the way to the next turn, or `None` if the entity
    /// is beside its path, or at its end.
    #[must_use]
    pub fn next_tile(&self, map: Walkable<'_>, here: Position) -> Option<TileCell> {
        let turn = *self.turns.last()?;
        let (x, y) = apart(here, map.centre(turn));
        let is_on_path = x == 0 || y == 0 || x.abs() == y.abs();
        let between = i32::try_from(x.abs().max(y.abs()) / i64::from(map.tile())).ok()?;
        is_on_path.then(|| TileCell {
            column: turn.column.wrapping_sub(x.signum() as i32 * between),
            row: turn.row.wrapping_sub(y.signum() as i32 * between),
        })
    }

    /// Returns whether the target is reached.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.turns.is_empty()
    }

    /// Returns the velocity from `here` for the next tick, at most `speed` units per tick and at
    /// most 32,767, the fastest velocity. It is constant between two turns, except for a shorter
    /// last step that ends exactly at the turn. So a stretch costs at most two new segments. At the
    /// target, it is 0.
    pub fn velocity(&mut self, map: Walkable<'_>, here: Position, speed: u16) -> Velocity {
        self.stretch(map, here, speed).velocity
    }

    /// Returns the velocity as [`Self::velocity`] does, and for how many ticks that method would
    /// return it. So an entity that nothing else moves needs no look until then.
    pub fn stretch(&mut self, map: Walkable<'_>, here: Position, speed: u16) -> Stretch {
        while self
            .turns
            .last()
            .is_some_and(|&turn| apart(here, map.centre(turn)) == (0, 0))
        {
            self.turns.pop();
            self.velocity = None;
        }
        let Some(&turn) = self.turns.last() else {
            return Stretch {
                velocity: Velocity::default(),
                ticks: u32::MAX,
            };
        };
        let left = apart(here, map.centre(turn));
        let speed = i64::from(speed).min(i64::from(i16::MAX));
        if squared(left) <= speed * speed {
            let (x, y) = left;
            return stretch((x as i16, y as i16), 1);
        }
        let kept = self.velocity.filter(|&velocity| leads(velocity, left));
        let velocity = kept.unwrap_or_else(|| toward(left, speed));
        self.velocity = Some(velocity);
        stretch(velocity, ticks_along(velocity, left, speed))
    }
}

fn stretch((x, y): (i16, i16), ticks: u32) -> Stretch {
    Stretch {
        velocity: Velocity { x, y },
        ticks,
    }
}

/// Returns how far it is from one position to another one along each axis.
fn apart(from: Position, to: Position) -> (i64, i64) {
    (
        i64::from(to.x) - i64::from(from.x),
        i64::from(to.y) - i64::from(from.y),
    )
}

/// Returns the square of a distance. It saturates for positions outside of any map.
fn squared((x, y): (i64, i64)) -> i64 {
    x.saturating_mul(x).saturating_add(y.saturating_mul(y))
}

fn wide((x, y): (i64, i64)) -> (i128, i128) {
    (x.into(), y.into())
}

/// Returns the velocity of this speed in a direction.
fn toward((x, y): (i64, i64), speed: i64) -> (i16, i16) {
    let squared = squared((x, y));
    // Rounded up, so that the velocity is not above the speed.
    let root = squared.isqrt();
    let length = root + i64::from(root * root < squared);
    let along = |distance: i64| (distance * speed / length).clamp(-speed, speed) as i16;
    (along(x), along(y))
}

/// Returns whether a velocity leads to the turn. One that no longer does, because the entity was
/// pushed, is chosen again.
fn leads(velocity: (i16, i16), left: (i64, i64)) -> bool {
    let (x, y) = left;
    let (vx, vy) = (i64::from(velocity.0), i64::from(velocity.1));
    let beside = (x * vy - y * vx).unsigned_abs();
    // At most two steps beside the line, and not away from the turn.
    beside <= 2 * squared((vx, vy)).unsigned_abs() && x * vx + y * vy > 0
}

/// Returns after how many ticks with this velocity the turn is at most one step away.
fn ticks_along(velocity: (i16, i16), left: (i64, i64), speed: i64) -> u32 {
    if !leads(velocity, left) {
        return 1;
    }
    let (vx, vy) = (i64::from(velocity.0), i64::from(velocity.1));
    let left_after = |ticks: i64| (left.0 - ticks * vx, left.1 - ticks * vy);
    // Three ticks before the entity is beside the turn, it is still more than one step away: a
    // velocity is more than half as fast as the speed that it was chosen for.
    let beside = (left.0 * vx + left.1 * vy) / squared((vx, vy));
    let mut ticks = (beside - 3).max(1);
    while squared(left_after(ticks)) > speed * speed && leads(velocity, left_after(ticks)) {
        ticks += 1;
    }
    u32::try_from(ticks).unwrap_or(u32::MAX)
}
