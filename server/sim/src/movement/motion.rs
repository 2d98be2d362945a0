//! How a player moves, and the position that follows.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    motion::{self, Course, Heading, WallGrid},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::doors::Path;

/// The position of a player at this tick, for game logic. It follows from [`Motion`].
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(pub motion::Position);

/// How a player moves.
#[derive(Component, Clone, Copy, Debug)]
pub struct Motion {
    pub(crate) course: Course,
    /// Its position at the tick before the segment began.
    before: motion::Position,
    /// The last tick at which game logic moved it elsewhere.
    leapt: Tick,
    /// The first tick whose path can enter a door, while the segment lasts.
    pub(crate) look_for_doors: Tick,
}

impl Motion {
    /// Returns the motion of a player that has just arrived and stands still. It does not enter a
    /// door that it stands in.
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

    /// Returns the present segment.
    #[must_use]
    pub fn segment(&self) -> motion::Segment {
        self.course.segment
    }

    /// Moves the player to a position at this tick, standing still. The position must be free of
    /// walls. A door there is entered if doors are still checked in this tick
    /// ([`StepSet::React`](crate::StepSet::React)). Doors on the way are not.
    pub fn teleport(&mut self, tick: Tick, position: motion::Position) {
        self.follow(Course::still(tick, position), tick);
        self.leapt = tick;
    }

    /// Gives the player a different heading at this tick.
    pub fn turn(&mut self, walls: &WallGrid, heading: Heading, tick: Tick) {
        let here = self.course.segment.at(tick);
        self.follow(motion::turn(walls, here, heading, tick), tick);
    }

    /// Takes a different course from this tick on.
    pub(crate) fn follow(&mut self, course: Course, tick: Tick) {
        self.before = self.path(tick).from;
        self.course = course;
        self.look_for_doors = Tick(0);
    }

    /// Returns how it came to its position at the present tick.
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

/// When to check walls and doors again is not part of the state: an earlier check changes nothing.
/// Neither is the position before the segment, which matters only in the tick in which the segment
/// starts.
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
