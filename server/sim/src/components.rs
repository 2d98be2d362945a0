//! What players are made of. Rooms are in `rooms`.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{Epoch, PlayerId, SessionId, Slot, Tick},
    motion::{self, Course, Heading, WallGrid},
    snapshot::Ack,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{doors::Path, movement::MoveQueue, state::StableId};

/// Someone with an open session; one entity each, in a room or not.
#[derive(Component, Clone, Debug, Serialize, Deserialize)]
#[require(StableId, Skin, Throttle, MoveQueue, Link)]
pub struct Player {
    /// Who it is to others.
    pub id: PlayerId,
    /// Its session.
    pub session: SessionId,
    /// Its name.
    pub name: String,
    /// How often it entered a room so far, modulo 256: numbers its views.
    pub stay: u8,
}

/// Index into the catalogue of skins.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skin(pub u16);

/// The room that a player is in.
#[derive(Component, Clone, Copy, Debug)]
#[relationship(relationship_target = Occupants)]
pub struct InRoom(pub Entity);

/// The players in a room, in no particular order; kept by the relationship.
#[derive(Component, Debug, Default)]
#[relationship_target(relationship = InRoom)]
pub struct Occupants(Vec<Entity>);

/// A player's place in its room.
#[derive(Component, Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// The room, as the state hash knows it.
    pub epoch: Epoch,
    /// Its slot there.
    pub slot: Slot,
    /// The first tick at which a door opens for it again, after it came through one.
    pub doors_shut_until: Tick,
    /// Messages that only this player was sent in this stay: numbers the near-me chats.
    pub near_seq: u32,
}

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

/// Kinds of requests that are limited each for itself, and two counts of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    Moves,
    Join,
    Chat,
    Skin,
    State,
    Custom,
    /// Refused for making no sense; runs out at 20 a minute.
    Senseless,
    /// Refused for coming too often; runs out at 60 in a burst and 1 a second.
    Limited,
}

/// A token bucket per kind of request: the tick at which each is full again, which is all there is to know.
#[derive(Component, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Throttle {
    pub(crate) full_at: [u32; 8],
}

/// What the player's connection can take, and what it was told. Decides only what is sent, never the world.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Link {
    /// Cannot take snapshots for now.
    pub(crate) held: bool,
    /// The last movement command applied.
    pub(crate) ack: Option<Ack>,
}
