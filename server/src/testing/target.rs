//! Handles of players and objects.

use bevy_ecs::prelude::*;
use parlour_shared::{
    ids::{ObjectId, PlayerId, SessionId},
    message::ActTarget,
};
use parlour_sim::Simulation;

/// A fake player of a [`TestRoom`](crate::testing::TestRoom). It stays valid after the player has
/// left the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestPlayer {
    pub(super) session: SessionId,
    id: PlayerId,
}

impl TestPlayer {
    pub(super) fn new(session: u64, id: PlayerId) -> Self {
        Self {
            session: SessionId(session),
            id,
        }
    }

    /// Returns the id of the player, as in messages and in the state of game logic.
    #[must_use]
    pub fn id(self) -> PlayerId {
        self.id
    }

    /// Returns the index among the players of the test.
    pub(super) fn index(self) -> usize {
        self.session.0 as usize - 1
    }
}

/// An object in a [`TestRoom`](crate::testing::TestRoom).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestObject {
    pub(super) id: ObjectId,
}

impl TestObject {
    /// Returns the id of the object.
    #[must_use]
    pub fn id(self) -> ObjectId {
        self.id
    }
}

/// A player or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestTarget {
    /// A player.
    Player(TestPlayer),
    /// An object.
    Object(TestObject),
}

impl From<TestPlayer> for TestTarget {
    fn from(player: TestPlayer) -> Self {
        Self::Player(player)
    }
}

impl From<TestObject> for TestTarget {
    fn from(object: TestObject) -> Self {
        Self::Object(object)
    }
}

impl From<TestTarget> for ActTarget {
    fn from(target: TestTarget) -> Self {
        match target {
            TestTarget::Player(player) => Self::Player(player.id),
            TestTarget::Object(object) => Self::Object(object.id),
        }
    }
}

impl TestTarget {
    /// Returns the entity, or `None` if the session of the player is closed, or the object is
    /// despawned.
    pub(super) fn entity(self, sim: &Simulation) -> Option<Entity> {
        match self {
            Self::Player(player) => sim.player(player.session),
            Self::Object(object) => sim.object(object.id),
        }
    }
}
