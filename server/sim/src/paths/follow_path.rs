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

impl FollowPath {
    /// Begins to follow a path: the tiles at which it turns, in order. Keeps its memory.
    pub fn begin(&mut self, path: &[TileCell]) {
        self.turns.clear();
        self.turns.extend(path.iter().rev());
        self.velocity = None;
    }

    /// Stops.
    pub fn stop(&mut self) {
        self.begin(&[]);
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
        let left = |turn: TileCell| {
            let there = map.centre(turn);
            (
                i64::from(there.x) - i64::from(here.x),
                i64::from(there.y) - i64::from(here.y),
            )
        };
        while self.turns.last().is_some_and(|&turn| left(turn) == (0, 0)) {
            self.turns.pop();
            self.velocity = None;
        }
        let Some(&turn) = self.turns.last() else {
            return Velocity::default();
        };
        let (x, y) = left(turn);
        let speed = i64::from(speed).min(i64::from(i16::MAX));
        let squared = x * x + y * y;
        if squared <= speed * speed {
            return Velocity {
                x: x as i16,
                y: y as i16,
            };
        }
        // A velocity that no longer leads to the turn, because the entity was pushed, is chosen
        // again.
        let leads_there = |(vx, vy): (i16, i16)| {
            let (vx, vy) = (i64::from(vx), i64::from(vy));
            let beside = (x * vy - y * vx).unsigned_abs();
            // At most two steps beside the line, and not away from the turn.
            beside <= 2 * (vx * vx + vy * vy).unsigned_abs() && x * vx + y * vy > 0
        };
        let (x, y) = match self.velocity.filter(|&velocity| leads_there(velocity)) {
            Some(velocity) => velocity,
            None => {
                // Rounded up, so that the velocity is not above the speed.
                let root = squared.isqrt();
                let length = root + i64::from(root * root < squared);
                ((x * speed / length) as i16, (y * speed / length) as i16)
            }
        };
        self.velocity = Some((x, y));
        Velocity { x, y }
    }
}
