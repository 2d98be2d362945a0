//! The life of rooms, as messages to game logic: rooms are created and end, players enter, leave,
//! drop and resume.

use bevy_ecs::prelude::*;
use parlour_shared::{ids::PlayerId, message::LeaveReason};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    state::{self, EntityIndex, StableEntity, StableId},
    taken::with_taken,
};

/// Something happened to a room. Game logic reads it with a `MessageReader` in
/// [`StepSet::Simulate`](crate::StepSet::Simulate), in the order in which it happened: doors in the
/// next tick, and all else in the tick in which it happens.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// A room was created. Its options are in [`crate::RoomOptions`].
    Created {
        /// The room.
        room: Entity,
    },
    /// A player entered a room.
    Entered {
        /// The room.
        room: Entity,
        /// The player.
        player: Entity,
        /// Its id.
        id: PlayerId,
    },
    /// A player left a room. It may be in a different room now, or its session may be closed: then
    /// the entity is no longer a [`crate::Player`], and is despawned two ticks later.
    Left {
        /// The room.
        room: Entity,
        /// The player.
        player: Entity,
        /// Its id.
        id: PlayerId,
        /// Why it left. A session that closes has [`LeaveReason::Moved`]: it may go on in a
        /// different world.
        why: LeaveReason,
    },
    /// A player of a room is dropped: the link of its session is lost, and it stays
    /// ([`crate::Dropped`]). If a dropped player enters a room, this event follows
    /// [`Self::Entered`]. A dropped player that leaves has only [`Self::Left`].
    Dropped {
        /// The room.
        room: Entity,
        /// The player.
        player: Entity,
        /// Its id.
        id: PlayerId,
    },
    /// A dropped player of a room has a link again.
    Resumed {
        /// The room.
        room: Entity,
        /// The player.
        player: Entity,
        /// Its id.
        id: PlayerId,
    },
    /// The last player left a room. Those that are dropped count.
    Emptied {
        /// The room.
        room: Entity,
    },
    /// A room has been empty for the time that its rules allow. It ends with this tick, unless a
    /// player enters it through a door in this tick. A room that game logic despawns has no such
    /// event.
    Closing {
        /// The room.
        room: Entity,
    },
}

impl RoomEvent {
    /// Returns the room if it was created, for game logic that prepares each new room:
    /// `for room in events.read().filter_map(RoomEvent::created)`.
    #[must_use]
    pub fn created(&self) -> Option<Entity> {
        match *self {
            Self::Created { room } => Some(room),
            _ => None,
        }
    }

    /// Returns the room.
    #[must_use]
    pub fn room(&self) -> Entity {
        match *self {
            Self::Created { room }
            | Self::Entered { room, .. }
            | Self::Left { room, .. }
            | Self::Dropped { room, .. }
            | Self::Resumed { room, .. }
            | Self::Emptied { room }
            | Self::Closing { room } => room,
        }
    }
}

/// The events that game logic has not received yet.
#[derive(Resource, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct RoomEvents(Vec<NotedEvent>);

#[derive(Clone, Copy, Debug)]
struct NotedEvent {
    room: StableEntity,
    what: What<StableEntity>,
}

/// What happened. `P` is the player.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum What<P> {
    Created,
    Entered(P),
    Left(P, LeaveReason),
    Emptied,
    Dropped(P),
    Resumed(P),
}

impl<P> What<P> {
    /// Replaces the player, if there is one.
    fn map<Q>(self, player: impl FnOnce(P) -> Q) -> What<Q> {
        match self {
            Self::Created => What::Created,
            Self::Entered(entered) => What::Entered(player(entered)),
            Self::Left(left, why) => What::Left(player(left), why),
            Self::Emptied => What::Emptied,
            Self::Dropped(dropped) => What::Dropped(player(dropped)),
            Self::Resumed(resumed) => What::Resumed(player(resumed)),
        }
    }
}

/// The saved form of an event.
type SavedEvent = (StableId, What<StableId>);

impl Serialize for NotedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let saved: SavedEvent = (self.room.id, self.what.map(|player| player.id));
        saved.serialize(serializer)
    }
}

impl RoomEvents {
    pub(super) fn created(&mut self, room: StableEntity) {
        self.note(room, What::Created);
    }

    pub(super) fn entered(&mut self, room: StableEntity, player: StableEntity) {
        self.note(room, What::Entered(player));
    }

    pub(super) fn left(&mut self, room: StableEntity, player: StableEntity, why: LeaveReason) {
        self.note(room, What::Left(player, why));
    }

    pub(super) fn dropped(&mut self, room: StableEntity, player: StableEntity) {
        self.note(room, What::Dropped(player));
    }

    pub(super) fn resumed(&mut self, room: StableEntity, player: StableEntity) {
        self.note(room, What::Resumed(player));
    }

    pub(super) fn emptied(&mut self, room: StableEntity) {
        self.note(room, What::Emptied);
    }

    fn note(&mut self, room: StableEntity, what: What<StableEntity>) {
        self.0.push(NotedEvent { room, what });
    }
}

/// An entity that game logic has despawned meanwhile stays in the list, and its event is not sent.
pub(super) fn restore(saved: Vec<SavedEvent>, world: &World) -> Option<RoomEvents> {
    let index = world.resource::<EntityIndex>();
    let find = |id| StableEntity {
        id,
        entity: index.get(id).unwrap_or(Entity::PLACEHOLDER),
    };
    let events = saved.into_iter().map(|(room, what)| {
        let what = what.map(find);
        let players_are_players = match what {
            What::Entered(player) | What::Left(player, _) | What::Dropped(player) | What::Resumed(player) => {
                player.id.as_player().is_some()
            }
            What::Created | What::Emptied => true,
        };
        room.as_room()?;
        players_are_players.then_some(NotedEvent {
            room: find(room),
            what,
        })
    });
    Some(RoomEvents(events.collect::<Option<_>>()?))
}

/// Sends the events to game logic.
pub(crate) fn send_room_events(world: &mut World) {
    if world.resource::<RoomEvents>().0.is_empty() {
        return;
    }
    with_taken(world, |world, events: &mut RoomEvents| {
        for event in events.0.drain(..) {
            if let Some(event) = message(world, event) {
                world.write_message(event);
            }
        }
    });
}

fn message(world: &World, NotedEvent { room, what }: NotedEvent) -> Option<RoomEvent> {
    // Game logic may have despawned the room.
    let room = state::find(world, room.id)?;
    let id = |player: StableEntity| player.id.as_player();
    Some(match what {
        What::Created => RoomEvent::Created { room },
        What::Entered(player) => RoomEvent::Entered {
            room,
            player: player.entity,
            id: id(player)?,
        },
        What::Left(player, why) => RoomEvent::Left {
            room,
            player: player.entity,
            id: id(player)?,
            why,
        },
        What::Emptied => RoomEvent::Emptied { room },
        What::Dropped(player) => RoomEvent::Dropped {
            room,
            player: player.entity,
            id: id(player)?,
        },
        What::Resumed(player) => RoomEvent::Resumed {
            room,
            player: player.entity,
            id: id(player)?,
        },
    })
}
