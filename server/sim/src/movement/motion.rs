//! How a player moves, and where that puts it.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    motion::{self, Course, Heading, WallGrid},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::doors::Path;

/// Where a player is at this tick, for game logic; follows from [`Motion`].
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(pub motion::Position);

/// How a player moves.
#[derive(Component, Clone, Copy, Debug)]
pub struct Motion {
    pub(crate) course: Course,
    /// Where it was at the tick before the segment began.
    before: motion::Position,
    /// The last tick at which game logic put it elsewhere.
    leapt: Tick,
    /// The first tick whose path can enter a door, as long as the segment lasts.
    pub(crate) look_for_doors: Tick,
}

impl Motion {
    /// Standing still, as a player does that has just arrived: a door that it stands in is not entered by that.
    #[must_use]
    pub fn still(tick: Tick, position: motion::Position) -> Self {
        Self::along(Course::still(tick, position))
    }

    fn along(course: Course) -> Self {
        Self {
            course,
            before: course.segment.position,
            leapt: Tick(0),
            look_for_doors: Tick(0),
        }
    }

    /// The present segment.
    #[must_use]
    pub fn segment(&self) -> motion::Segment {
        self.course.segment
    }

    /// Puts the player elsewhere at this tick, standing still. The place must be free of walls. A door there is entered
    /// if doors look in this tick still ([`StepSet::React`](crate::StepSet::React)); doors on the way are not.
    pub fn teleport(&mut self, tick: Tick, position: motion::Position) {
        self.follow(Course::still(tick, position), tick);
        self.leapt = tick;
    }

    /// Gives the player another heading at this tick.
    pub fn turn(&mut self, walls: &WallGrid, heading: Heading, tick: Tick) {
        let here = self.course.segment.at(tick);
        self.follow(motion::turn(walls, here, heading, tick), tick);
    }

    /// Takes another course from this tick on.
    pub(crate) fn follow(&mut self, course: Course, tick: Tick) {
        self.before = self.path(tick).from;
        self.course = course;
        self.look_for_doors = Tick(0);
    }

    /// How it came to its place at this tick, the present one.
    pub(crate) fn path(&self, tick: Tick) -> Path {
        let segment = &self.course.segment;
        let from = if segment.since < tick {
            segment.at(Tick(tick.0 - 1))
        } else {
            self.before
        };
        Path {
            from,
            to: segment.at(tick),
            leapt: self.leapt == tick,
        }
    }
}

/// When to look at walls and doors again is no part of the state: looking earlier than necessary changes nothing. Nor is
/// where the player was before its segment: that matters in the tick in which the segment begins.
impl Serialize for Motion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.course.segment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Motion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let segment = motion::Segment::deserialize(deserializer)?;
        let review = Tick(0);
        Ok(Self::along(Course { segment, review }))
    }
}
