//! Motion in exact integers. A player's motion is a segment of constant velocity, which server and
//! client compute in the same way.
//!
//! Positions are in 1/256 px, velocities in 1/256 px per tick. No floats are used, so a browser, a
//! bot and the server compute the same number at the same tick.

mod course;
mod walls;

use serde::{Deserialize, Serialize};

use crate::ids::Tick;
pub use course::{Course, contact, turn};
pub use walls::{TileRect, WallGrid};

/// Units in a pixel.
pub const UNITS_PER_PX: i32 = 256;
/// Half the side of a player's body, a square of 16 x 16 px. The position is its centre.
pub const HALF_BODY: i32 = 8 * UNITS_PER_PX;
/// Walking speed along an axis: 2.5 px per tick, 150 px/s.
pub const WALK_STRAIGHT: i32 = 640;
/// Walking speed on each axis of a diagonal: 640 / sqrt(2), rounded down.
pub const WALK_DIAGONAL: i32 = 452;
/// Sprinting speed along an axis: 4 px per tick, 240 px/s.
pub const SPRINT_STRAIGHT: i32 = 1024;
/// Sprinting speed on each axis of a diagonal: 1024 / sqrt(2), rounded down.
pub const SPRINT_DIAGONAL: i32 = 724;

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
    pub fn from_px(x: i32, y: i32) -> Self {
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

/// A velocity, in units per tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Velocity {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

/// The direction in which a player wants to go. North is up on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Direction {
    /// Nowhere.
    #[default]
    Still = 0,
    /// Up.
    North = 1,
    /// Up and right.
    Northeast = 2,
    /// Right.
    East = 3,
    /// Down and right.
    Southeast = 4,
    /// Down.
    South = 5,
    /// Down and left.
    Southwest = 6,
    /// Left.
    West = 7,
    /// Up and left.
    Northwest = 8,
}

impl Direction {
    /// All directions, in order of number.
    pub const ALL: [Self; 9] = [
        Self::Still,
        Self::North,
        Self::Northeast,
        Self::East,
        Self::Southeast,
        Self::South,
        Self::Southwest,
        Self::West,
        Self::Northwest,
    ];

    /// Returns the sign of each axis.
    #[must_use]
    pub fn axes(self) -> (i32, i32) {
        match self {
            Self::Still => (0, 0),
            Self::North => (0, -1),
            Self::Northeast => (1, -1),
            Self::East => (1, 0),
            Self::Southeast => (1, 1),
            Self::South => (0, 1),
            Self::Southwest => (-1, 1),
            Self::West => (-1, 0),
            Self::Northwest => (-1, -1),
        }
    }
}

/// The requested motion of a player: a direction and a speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Heading {
    /// The direction.
    pub direction: Direction,
    /// Whether to move at the higher speed.
    #[serde(default)]
    pub sprint: bool,
}

impl From<Direction> for Heading {
    /// Returns the heading that walks in this direction.
    fn from(direction: Direction) -> Self {
        Self {
            direction,
            sprint: false,
        }
    }
}

impl Heading {
    /// Returns the velocity on open ground.
    #[must_use]
    pub fn velocity(self) -> Velocity {
        let (x, y) = self.direction.axes();
        let speed = match (self.sprint, x != 0 && y != 0) {
            (false, false) => WALK_STRAIGHT,
            (false, true) => WALK_DIAGONAL,
            (true, false) => SPRINT_STRAIGHT,
            (true, true) => SPRINT_DIAGONAL,
        };
        Velocity {
            x: x * speed,
            y: y * speed,
        }
    }
}

/// A heading and which axes a wall blocks. It determines the velocity, and is one byte on the wire.
///
/// Bits 0-3 direction, 4 sprint, 5 x blocked, 6 y blocked, 7 reserved (zero).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gait {
    /// The requested heading.
    pub heading: Heading,
    /// Whether a wall blocks movement along x.
    #[serde(default)]
    pub blocked_x: bool,
    /// Whether a wall blocks movement along y.
    #[serde(default)]
    pub blocked_y: bool,
}

impl Gait {
    /// Returns the velocity of the heading, with 0 on blocked axes.
    #[must_use]
    pub fn velocity(self) -> Velocity {
        let open = self.heading.velocity();
        Velocity {
            x: if self.blocked_x { 0 } else { open.x },
            y: if self.blocked_y { 0 } else { open.y },
        }
    }

    /// Returns the byte on the wire.
    #[must_use]
    pub fn to_byte(self) -> u8 {
        self.heading.direction as u8
            | u8::from(self.heading.sprint) << 4
            | u8::from(self.blocked_x) << 5
            | u8::from(self.blocked_y) << 6
    }

    /// Reads the byte on the wire. Returns `None` if the direction is over 8, or if the reserved
    /// bit is set.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let direction = *Direction::ALL.get(usize::from(byte & 0x0F))?;
        (byte & 0x80 == 0).then_some(Self {
            heading: Heading {
                direction,
                sprint: byte & 0x10 != 0,
            },
            blocked_x: byte & 0x20 != 0,
            blocked_y: byte & 0x40 != 0,
        })
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
        Position {
            x: self.position.x.wrapping_add(velocity.x.wrapping_mul(ticks)),
            y: self.position.y.wrapping_add(velocity.y.wrapping_mul(ticks)),
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
