//! The motion of a player or an object, and the position that follows from it.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::Tick,
    motion::{self, Course, Gait, Heading, Segment, Surroundings, Velocity, contact},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::doors::Path;

/// The review of a course that was not computed from what is around the entity.
pub(super) const REVIEW_AT_ONCE: Tick = Tick(0);

/// The position of a player or an object at this tick, for game logic. It follows from [`Motion`].
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurrentPosition(pub motion::Position);

/// The motion of a player or an object: its segment, and when walls and doors are checked again.
/// [`Steer`](crate::Steer) changes it.
#[derive(Component, Clone, Copy, Debug)]
pub struct Motion {
    pub(crate) course: Course,
    /// The position at the tick before the segment began.
    before: motion::Position,
    /// The velocity that it had then on open ground.
    velocity_before: Velocity,
    /// The last tick at which game logic teleported the entity.
    teleported_at: Tick,
    /// The first tick whose path can enter a door, while the segment lasts.
    pub(crate) next_door_check: Tick,
}

impl Motion {
    /// Returns the motion of a player that has just arrived and stands still. If it stands in a
    /// door, it does not enter the door.
    #[must_use]
    pub fn still(tick: Tick, position: motion::Position) -> Self {
        Self::along(Course::still(tick, position))
    }

    /// Returns the motion of an entity that begins with this course.
    pub(crate) fn along(course: Course) -> Self {
        Self {
            course,
            before: course.segment.position,
            velocity_before: Velocity::default(),
            teleported_at: Tick(0),
            next_door_check: Tick(0),
        }
    }

    /// Returns the present segment.
    #[must_use]
    pub fn segment(&self) -> Segment {
        self.course.segment
    }

    /// Moves the entity to a position at this tick, where it stands still. The position must be
    /// free of walls. If the position is in a door, a player enters the door when doors are
    /// checked in this tick ([`StepSet::React`](crate::StepSet::React)). It does not enter doors on
    /// the way.
    pub fn teleport(&mut self, tick: Tick, position: motion::Position) {
        self.follow(Course::still(tick, position), tick);
        self.teleported_at = tick;
    }

    /// Changes the heading of the entity at this tick. [`surroundings`](crate::surroundings)
    /// returns what is around it. Where bodies stop it, use [`Steer`](crate::Steer).
    pub fn turn<'a>(&mut self, around: impl Into<Surroundings<'a>>, heading: Heading, tick: Tick) {
        let around = around.into();
        // A wall that the body meets at this tick stops it before it turns.
        let course = if tick >= self.course.review {
            contact(around, &self.course, tick)
        } else {
            self.course
        };
        let here = course.segment.at(tick);
        self.follow(motion::turn(around, here, heading, tick), tick);
    }

    /// Ends the carrying of the entity, which was carried at this offset from its carrier. If it
    /// would be in a wall, it is put where the carrier was.
    pub(super) fn put_down(
        &mut self,
        around: Surroundings<'_>,
        offset: motion::Position,
        heading: Heading,
        tick: Tick,
    ) {
        let here = self.course.segment.at(tick);
        let carrier = motion::Position {
            x: here.x.wrapping_sub(offset.x),
            y: here.y.wrapping_sub(offset.y),
        };
        let place = if around.is_free(here) { here } else { carrier };
        self.teleport(tick, place);
        self.follow(motion::turn(around, place, heading, tick), tick);
    }

    /// Replaces the course from this tick on.
    pub(crate) fn follow(&mut self, course: Course, tick: Tick) {
        let last = self.last_step(tick);
        (self.before, self.velocity_before) = (last.position, last.gait.heading.velocity());
        self.course = course;
        self.next_door_check = Tick(0);
    }

    /// Returns the position at the previous tick, and the heading with which the entity walked from
    /// there. A change of the motion in this tick comes after that step.
    fn last_step(&self, tick: Tick) -> Segment {
        let segment = &self.course.segment;
        if segment.since < tick {
            return Segment {
                gait: segment.gait,
                ..Segment::still(Tick(tick.0 - 1), segment.at(Tick(tick.0 - 1)))
            };
        }
        Segment {
            gait: Gait::open(Heading::free(self.velocity_before)),
            ..Segment::still(Tick(tick.0.saturating_sub(1)), self.before)
        }
    }

    /// Returns where the entity is in this tick before it walks, and how it walks from there. One
    /// that was teleported in this tick does not walk in it.
    pub(super) fn step_ahead(&self, tick: Tick) -> Segment {
        if self.teleported_at == tick && self.course.segment.since == tick {
            return Segment::still(Tick(tick.0.saturating_sub(1)), self.course.segment.position);
        }
        self.last_step(tick)
    }

    /// Returns the path from the position at the previous tick to the position at this one.
    pub(crate) fn path(&self, tick: Tick) -> Path {
        Path {
            from: self.last_step(tick).position,
            to: self.course.segment.at(tick),
            teleported: self.teleported_at == tick,
        }
    }
}

/// Lets what is around an entity change its motion at this tick.
pub(super) fn review(motion: &mut Mut<'_, Motion>, around: Surroundings<'_>, tick: Tick) {
    let course = contact(around, &motion.course, tick);
    if course.segment == motion.course.segment {
        // The tick of the next check is not state. It changes about every 6 ticks, when a walker
        // enters new tiles, and hashing it took a tenth of the tick.
        motion.bypass_change_detection().course = course;
    } else {
        motion.follow(course, tick);
    }
}

/// Only the segment is state. The ticks of the next wall and door checks are not, because an
/// earlier check changes nothing. The other fields matter only in the tick in which the segment
/// starts.
impl Serialize for Motion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.course.segment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Motion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let segment = Segment::deserialize(deserializer)?;
        let review = REVIEW_AT_ONCE;
        Ok(Self::along(Course { segment, review }))
    }
}
