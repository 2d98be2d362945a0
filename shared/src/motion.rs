//! Motion in exact integers. The motion of a player or an object is a segment of constant velocity,
//! which server and client compute in the same way.
//!
//! Positions are in 1/256 px, velocities in 1/256 px per tick. No floats are used, so a browser, a
//! bot and the server compute the same number at the same tick.

mod angle;
pub(crate) mod binary_heading;
mod body;
mod course;
mod gait;
mod heading;
mod speeds;
mod step;
mod surroundings;
mod walls;

use serde::{Deserialize, Serialize};

use crate::ids::Tick;
pub use angle::{UNIT_VECTOR_SCALE, unit_vector};
pub use body::{BodySize, Bounds};
pub use course::{Course, contact, turn};
pub use gait::{Gait, GaitBytes};
pub use heading::{
    Direction, Heading, SPRINT_DIAGONAL, SPRINT_STRAIGHT, Velocity, WALK_DIAGONAL, WALK_STRAIGHT,
};
pub use speeds::{BadSpeeds, Speeds};
pub use surroundings::{Blocker, Surroundings};
pub use walls::{TileRect, WallGrid};

/// Units in a pixel.
pub const UNITS_PER_PX: i32 = 256;
/// Half the side of a player's body, a square of 16 x 16 px. The position is its centre.
pub const HALF_BODY: i32 = 8 * UNITS_PER_PX;

/// A position in a room, in 1/256 px from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

impl Position {
    /// Returns the position at whole pixels.
    #[must_use]
    pub const fn from_px(x: i32, y: i32) -> Self {
        Self {
            x: x * UNITS_PER_PX,
            y: y * UNITS_PER_PX,
        }
    }

    /// Returns the square of the distance, in units squared: exact, without a root. It saturates
    /// for positions outside of any map.
    #[must_use]
    pub fn distance_squared(self, other: Self) -> i64 {
        let (dx, dy) = (
            i64::from(self.x) - i64::from(other.x),
            i64::from(self.y) - i64::from(other.y),
        );
        dx.saturating_mul(dx).saturating_add(dy.saturating_mul(dy))
    }
}

/// A stretch of constant velocity: the position at tick t is `position + velocity * (t - since)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// The tick at which it begins.
    pub since: Tick,
    /// The position at which it begins.
    pub position: Position,
    /// The gait, which determines the velocity.
    pub gait: Gait,
}

impl Segment {
    /// Returns a segment without motion.
    #[must_use]
    pub fn still(since: Tick, position: Position) -> Self {
        Self {
            since,
            position,
            gait: Gait::default(),
        }
    }

    /// Returns the position at `tick`, which must not be before the segment. Wraps instead of
    /// panicking if a hostile server sends numbers outside of any map.
    #[must_use]
    pub fn at(&self, tick: Tick) -> Position {
        let velocity = self.gait.velocity();
        let ticks = tick.since(self.since) as i32;
        let along = |start: i32, speed: i16| start.wrapping_add(i32::from(speed).wrapping_mul(ticks));
        Position {
            x: along(self.position.x, velocity.x),
            y: along(self.position.y, velocity.y),
        }
    }

    /// Returns the same motion as a segment that begins at a later tick.
    #[must_use]
    pub fn seen_from(&self, tick: Tick) -> Self {
        Self {
            since: tick,
            position: self.at(tick),
            gait: self.gait,
        }
    }
}
