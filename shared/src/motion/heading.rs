//! Directions, velocities, headings and gaits.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::binary_heading::binary_heading;

/// Walking speed along an axis: 2.5 px per tick, 150 px/s.
pub const WALK_STRAIGHT: i32 = 640;
/// Walking speed on each axis of a diagonal: 640 / sqrt(2), rounded down.
pub const WALK_DIAGONAL: i32 = 452;
/// Sprinting speed along an axis: 4 px per tick, 240 px/s.
pub const SPRINT_STRAIGHT: i32 = 1024;
/// Sprinting speed on each axis of a diagonal: 1024 / sqrt(2), rounded down.
pub const SPRINT_DIAGONAL: i32 = 724;

/// A velocity, in units per tick: from -32,767 to 32,767 along each axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Velocity {
    /// To the right.
    pub x: i16,
    /// Down.
    pub y: i16,
}

impl Velocity {
    /// The maximum along each axis: almost 128 px per tick.
    pub const MAX: i16 = i16::MAX;

    /// Whether both axes are within -32,767 to 32,767.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.x != i16::MIN && self.y != i16::MIN
    }
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
    pub const fn axes(self) -> (i32, i32) {
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

/// The requested motion: one of the eight directions at one of two speeds, or any velocity.
///
/// It stores the velocity, because every position is computed from it. There is one form of each
/// heading: [`Self::free`] returns a heading of keys if the velocity is that of keys.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Heading {
    velocity: Velocity,
    /// The number of the direction, plus [`SPRINT`], or [`FREE`].
    code: u8,
}

pub(super) const SPRINT: u8 = 1 << 4;
pub(super) const FREE: u8 = 1 << 7;

impl Heading {
    /// Returns the heading of a direction, at the lower or the higher speed.
    #[must_use]
    pub const fn keys(direction: Direction, sprint: bool) -> Self {
        let (x, y) = direction.axes();
        let speed = match (sprint, x != 0 && y != 0) {
            (false, false) => WALK_STRAIGHT,
            (false, true) => WALK_DIAGONAL,
            (true, false) => SPRINT_STRAIGHT,
            (true, true) => SPRINT_DIAGONAL,
        };
        Self {
            velocity: Velocity {
                x: (x * speed) as i16,
                y: (y * speed) as i16,
            },
            code: direction as u8 | if sprint { SPRINT } else { 0 },
        }
    }

    /// Returns the heading that walks in a direction.
    #[must_use]
    pub const fn walk(direction: Direction) -> Self {
        Self::keys(direction, false)
    }

    /// Returns the heading that sprints in a direction.
    #[must_use]
    pub const fn sprint(direction: Direction) -> Self {
        Self::keys(direction, true)
    }

    /// Returns the heading with this velocity. It is one of keys if they have this velocity.
    /// -32,768 becomes -32,767.
    #[must_use]
    pub fn free(velocity: Velocity) -> Self {
        let velocity = Velocity {
            x: velocity.x.max(-Velocity::MAX),
            y: velocity.y.max(-Velocity::MAX),
        };
        let keys = || {
            Direction::ALL
                .into_iter()
                .flat_map(|way| [false, true].map(|sprint| Self::keys(way, sprint)))
        };
        // Most velocities differ from those of keys in their length.
        let longest = i32::from(velocity.x).abs().max(i32::from(velocity.y).abs());
        let is_speed = [0, WALK_STRAIGHT, WALK_DIAGONAL, SPRINT_STRAIGHT, SPRINT_DIAGONAL].contains(&longest);
        let same = is_speed
            .then(|| keys().find(|keys| keys.velocity == velocity))
            .flatten();
        same.unwrap_or(Self { velocity, code: FREE })
    }

    /// Returns the velocity on open ground.
    #[must_use]
    pub const fn velocity(self) -> Velocity {
        self.velocity
    }

    /// Returns the direction, or `None` if the heading is a free one.
    #[must_use]
    pub fn direction(self) -> Option<Direction> {
        match self.code {
            FREE => None,
            code => Direction::ALL.get(usize::from(code & !SPRINT)).copied(),
        }
    }

    /// Whether this is a direction at the higher speed.
    #[must_use]
    pub fn is_sprint(self) -> bool {
        self.code & SPRINT != 0
    }

    /// Whether the velocity is zero.
    #[must_use]
    pub fn is_still(self) -> bool {
        self.velocity == Velocity::default()
    }

    /// Returns the heading with n/256 of the velocity, rounded toward zero along each axis.
    #[must_use]
    pub fn scaled(self, n: u16) -> Self {
        if n == 256 {
            return self;
        }
        let limit = i32::from(Velocity::MAX);
        let along = |speed: i16| (i32::from(speed) * i32::from(n) / 256).clamp(-limit, limit) as i16;
        Self::free(Velocity {
            x: along(self.velocity.x),
            y: along(self.velocity.y),
        })
    }

    pub(super) fn code(self) -> u8 {
        self.code
    }
}

impl From<Direction> for Heading {
    /// Returns the heading that walks in this direction.
    fn from(direction: Direction) -> Self {
        Self::walk(direction)
    }
}

impl fmt::Debug for Heading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.direction() {
            Some(direction) if self.is_sprint() => write!(formatter, "{direction:?} (sprint)"),
            Some(direction) => write!(formatter, "{direction:?}"),
            None => write!(formatter, "({}, {})", self.velocity.x, self.velocity.y),
        }
    }
}

binary_heading! {
    /// The binary form of a heading, in the state and in saved worlds.
    #[serde(rename = "Heading")]
    BinaryHeading, Free { x: i16, y: i16 }
}

/// The JSON form of a heading: a direction, or a velocity.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Heading", deny_unknown_fields)]
struct JsonHeading {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sprint: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    velocity: Option<Velocity>,
}

impl Serialize for Heading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (sprint, Velocity { x, y }) = (self.is_sprint(), self.velocity);
        if serializer.is_human_readable() {
            let direction = self.direction();
            let json = JsonHeading {
                direction,
                sprint: direction.map(|_| sprint),
                velocity: direction.is_none().then_some(self.velocity),
            };
            return json.serialize(serializer);
        }
        let binary = match self.direction() {
            Some(direction) => BinaryHeading::keys(direction, sprint),
            None => BinaryHeading::Free { x, y },
        };
        binary.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Heading {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return match JsonHeading::deserialize(deserializer)? {
                JsonHeading {
                    direction: Some(direction),
                    sprint,
                    velocity: None,
                } => Ok(Self::keys(direction, sprint.unwrap_or_default())),
                JsonHeading {
                    direction: None,
                    sprint: None,
                    velocity: Some(velocity),
                } => Ok(Self::free(velocity)),
                _ => Err(D::Error::custom("a heading has either a direction or a velocity")),
            };
        }
        let binary = BinaryHeading::deserialize(deserializer)?;
        Ok(binary.read(Self::keys, |x, y| Self::free(Velocity { x, y })))
    }
}
