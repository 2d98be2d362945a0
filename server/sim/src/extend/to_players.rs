//! Typed messages from game logic to players.

use bevy_ecs::prelude::*;
use parlour_shared::{
    codec,
    ids::{SessionId, Slot},
    message::{Body, CustomSaid, ServerMessage},
};
use serde::Serialize;

use crate::{
    clock::Clock,
    outbox::{Encoded, Outbox},
    player::Player,
    proximity::Proximity,
    replication::Watchers,
    rooms::{InRoom, Rooms, Seat, Seats, broadcast},
};

/// A typed message to players. Write it with a `MessageWriter` in [`crate::StepSet::Simulate`],
/// [`crate::StepSet::React`] or [`crate::StepSet::Interest`]; it is sent with this tick. It is
/// encoded once, however many players receive it.
///
/// ```
/// # use bevy_ecs::prelude::*;
/// # use parlour_sim::{RoomEvent, ToPlayers};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Hi;
/// fn greet(mut events: MessageReader<RoomEvent>, mut messages: MessageWriter<ToPlayers<Hi>>) {
///     for event in events.read() {
///         if let RoomEvent::Entered { room, player, .. } = *event {
///             messages.write(ToPlayers::one(player, Hi));
///             messages.write(ToPlayers::room(room, Hi).from(player));
///         }
///     }
/// }
/// ```
///
/// A world with a system that uses an undeclared type does not start. `World::write_message`
/// escapes this check: Bevy drops an undeclared message there, and logs an error.
#[derive(Message, Clone, Debug)]
pub struct ToPlayers<M: Send + Sync + 'static> {
    to: Audience,
    from: Option<Entity>,
    message: M,
}

/// The players that receive a message.
#[derive(Clone, Copy, Debug)]
enum Audience {
    One(Entity),
    Near(Entity),
    Room(Entity),
    World,
}

impl<M: Send + Sync + 'static> ToPlayers<M> {
    /// Returns a message to one player.
    #[must_use]
    pub fn one(player: Entity, message: M) -> Self {
        Self::to(Audience::One(player), message)
    }

    /// Returns a message to a player and all players near it, as [`crate::Nearby`] finds them.
    #[must_use]
    pub fn near(player: Entity, message: M) -> Self {
        Self::to(Audience::Near(player), message)
    }

    /// Returns a message to all players of a room.
    #[must_use]
    pub fn room(room: Entity, message: M) -> Self {
        Self::to(Audience::Room(room), message)
    }

    /// Returns a message to all players in the rooms of this world: for a type with shared worlds,
    /// that is not all rooms of the type if the node has several tick threads.
    #[must_use]
    pub fn world(message: M) -> Self {
        Self::to(Audience::World, message)
    }

    /// Names the player that caused the message. Clients receive its id.
    #[must_use]
    pub fn from(mut self, player: Entity) -> Self {
        self.from = Some(player);
        self
    }

    fn to(to: Audience, message: M) -> Self {
        Self {
            to,
            from: None,
            message,
        }
    }
}

/// Sends a message to its players and to the watchers that see what they see.
pub(super) fn send<M: Serialize + Send + Sync + 'static>(
    world: &mut World,
    name: &str,
    message: &ToPlayers<M>,
) {
    let mut body = Vec::new();
    codec::encode(&message.message, &mut body);
    let said = CustomSaid {
        tick: world.resource::<Clock>().tick,
        player: message
            .from
            .and_then(|from| world.get::<Player>(from))
            .map(|from| from.id),
        name: name.to_owned(),
        body: Body::Bytes(body),
    };
    let said = ServerMessage::Custom(said);
    world.resource_scope(|world, mut outbox: Mut<Outbox>| match message.to {
        Audience::One(player) => {
            if let Some(session) = session_of(world, player) {
                let encoded = outbox.send(session, &said);
                show_followers(world, &mut outbox, session, encoded);
            }
        }
        Audience::Near(player) => {
            let near: Vec<SessionId> = near(world, player)
                .filter_map(|near| session_of(world, near))
                .collect();
            let encoded = outbox.broadcast(near.iter().copied(), &said);
            for session in near {
                show_followers(world, &mut outbox, session, encoded);
            }
        }
        Audience::Room(room) => broadcast(world, &mut outbox, [room], &said),
        Audience::World => broadcast(world, &mut outbox, world.resource::<Rooms>().occupied(), &said),
    });
}

fn session_of(world: &World, player: Entity) -> Option<SessionId> {
    world.get::<Player>(player).map(|player| player.session)
}

/// Returns a player and those near it, by slot.
fn near(world: &World, player: Entity) -> impl Iterator<Item = Entity> {
    let parts = world.get::<InRoom>(player).zip(world.get::<Seat>(player));
    let row = parts.and_then(|(room, seat)| {
        let (seats, proximity) = (world.get::<Seats>(room.0)?, world.get::<Proximity>(room.0)?);
        Some((seats, proximity.near(seat.slot)?))
    });
    row.into_iter()
        .flat_map(|(seats, near)| near.ones().filter_map(|slot| seats.get(Slot(slot as u16))))
}

fn show_followers(world: &World, outbox: &mut Outbox, session: SessionId, encoded: Encoded) {
    let watchers = world.resource::<Watchers>();
    if !watchers.is_empty() {
        outbox.send_to_watchers(watchers.following(session), encoded);
    }
}
