//! The movement command, with its two forms of a heading.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    ids::Tick,
    motion::{Direction, Heading, Velocity, binary_heading::binary_heading},
};

/// A movement command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// The sequence number, which snapshots acknowledge. It increases with each command, usually by
    /// 1. With 0 the server counts.
    pub seq: u32,
    /// The tick at which the command should take effect. 0: the next one.
    pub tick: Tick,
    /// The requested heading.
    pub heading: MoveHeading,
}

/// The heading of a command: one of the eight directions of keys, or an angle and a speed of the
/// room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "BinaryMoveHeading", into = "BinaryMoveHeading")]
pub enum MoveHeading {
    /// One of the eight directions, or none.
    Keys {
        /// The direction to move in.
        direction: Direction,
        /// Whether to move at the higher speed.
        sprint: bool,
    },
    /// One of 256 angles.
    Angle {
        /// 0 is east, 64 is south.
        angle: u8,
        /// Index into the speeds of the room.
        speed: u8,
    },
}

impl MoveHeading {
    /// Returns the heading in a room with these speeds, or `None` if the room does not have the
    /// speed.
    #[must_use]
    pub fn resolve(self, speeds: &[u16]) -> Option<Heading> {
        match self {
            Self::Keys { direction, sprint } => Some(Heading::keys(direction, sprint)),
            Self::Angle { angle, speed } => {
                let speed = *speeds.get(usize::from(speed))?;
                Some(Heading::free(Velocity::of_angle(angle, speed)))
            }
        }
    }

    /// Returns the command that walks in a direction.
    #[must_use]
    pub const fn walk(direction: Direction) -> Self {
        let sprint = false;
        Self::Keys { direction, sprint }
    }

    /// Returns the command that sprints in a direction.
    #[must_use]
    pub const fn sprint(direction: Direction) -> Self {
        let sprint = true;
        Self::Keys { direction, sprint }
    }
}

impl Default for MoveHeading {
    fn default() -> Self {
        Self::walk(Direction::Still)
    }
}

impl From<Direction> for MoveHeading {
    /// Returns the command that walks in this direction.
    fn from(direction: Direction) -> Self {
        Self::walk(direction)
    }
}

binary_heading! {
    /// The binary form of the heading of a command.
    #[serde(rename = "MoveHeading", rename_all = "snake_case")]
    BinaryMoveHeading, Angle { angle: u8, speed: u8 }
}

impl From<MoveHeading> for BinaryMoveHeading {
    fn from(heading: MoveHeading) -> Self {
        match heading {
            MoveHeading::Keys { direction, sprint } => Self::keys(direction, sprint),
            MoveHeading::Angle { angle, speed } => Self::Angle { angle, speed },
        }
    }
}

impl From<BinaryMoveHeading> for MoveHeading {
    fn from(binary: BinaryMoveHeading) -> Self {
        binary.read(
            |direction, sprint| Self::Keys { direction, sprint },
            |angle, speed| Self::Angle { angle, speed },
        )
    }
}

/// The binary form of a command.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Move")]
struct BinaryMove {
    seq: u32,
    tick: Tick,
    heading: MoveHeading,
}

/// The JSON form of a command: all fields are beside each other.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Move", deny_unknown_fields)]
struct JsonMove {
    #[serde(default)]
    seq: u32,
    #[serde(default)]
    tick: Tick,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    direction: Option<Direction>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    sprint: Option<bool>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    angle: Option<u8>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    speed: Option<u8>,
}

/// Reads a field that may be left out, but not be `null`.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Serialize for Move {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { seq, tick, heading } = *self;
        if !serializer.is_human_readable() {
            return BinaryMove { seq, tick, heading }.serialize(serializer);
        }
        let (mut keys, mut free) = (None, None);
        match heading {
            MoveHeading::Keys { direction, sprint } => keys = Some((direction, sprint)),
            MoveHeading::Angle { angle, speed } => free = Some((angle, speed)),
        }
        let ((direction, sprint), (angle, speed)) = (keys.unzip(), free.unzip());
        JsonMove {
            seq,
            tick,
            direction,
            sprint,
            angle,
            speed,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Move {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            const FIELDS: &[&str] = &["seq", "tick", "direction", "sprint", "angle", "speed"];
            return deserializer.deserialize_struct("Move", FIELDS, JsonVisitor);
        }
        let BinaryMove { seq, tick, heading } = BinaryMove::deserialize(deserializer)?;
        Ok(Self { seq, tick, heading })
    }
}

/// Reads the JSON form. Errors that a visitor returns have a place in the text.
struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Move;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("struct Move")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Move, A::Error> {
        let json = JsonMove::deserialize(MapAccessDeserializer::new(map))?;
        let heading = match json {
            JsonMove {
                direction: Some(direction),
                angle: None,
                speed: None,
                sprint,
                ..
            } => MoveHeading::Keys {
                direction,
                sprint: sprint.unwrap_or_default(),
            },
            JsonMove {
                direction: None,
                sprint: None,
                angle: Some(angle),
                speed,
                ..
            } => MoveHeading::Angle {
                angle,
                speed: speed.unwrap_or_default(),
            },
            JsonMove {
                direction: None,
                angle: None,
                ..
            } => return Err(A::Error::missing_field("direction")),
            _ => {
                return Err(A::Error::custom(
                    "takes either direction and sprint, or angle and speed",
                ));
            }
        };
        Ok(Move {
            seq: json.seq,
            tick: json.tick,
            heading,
        })
    }
}
