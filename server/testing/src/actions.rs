//! Methods that add the events of sessions.

use parlour_shared::{
    codec,
    ids::SessionId,
    message::{
        Act, ActTarget, Body, Chat, ClientMessage, Custom, Join, Move, MoveHeading, Scope, SetSkin, SetState,
        StateWrite,
    },
    motion::{Direction, Position},
};
use parlour_tick::{Arrival, Event, EventKind, Reservation, TickInput, player_id};
use serde::Serialize;

use crate::plaza::Teleport;

/// Every message arrives this long before its deadline, in tenths of milliseconds.
const EARLY: i16 = 25;

/// Methods that add the events of sessions. A [`TestWorld`](crate::TestWorld) applies the events at
/// its next tick, a [`Script`](crate::Script) at the tick chosen with [`at`](crate::Script::at). A
/// [`TickInput`] collects them in the order of the calls.
///
/// Each kind of message has a fixed request number: join 1, state write 5, plugin message 6,
/// chat 7, skin 8, leave 9, action 10.
pub trait SessionActions {
    /// Adds an event.
    fn event(&mut self, session: u64, kind: EventKind);

    /// Sends any message.
    fn send(&mut self, session: u64, message: ClientMessage) {
        self.event(
            session,
            EventKind::Message {
                early: EARLY,
                message,
            },
        );
    }

    /// Opens a session with the name `player N`.
    fn open(&mut self, session: u64) {
        self.open_as(session, &format!("player {session}"));
    }

    /// Opens a session.
    fn open_as(&mut self, session: u64, name: &str) {
        let player = player_id(0, session as u32);
        self.event(session, EventKind::Arrive(Arrival::new(player, name.into())));
    }

    /// Opens a session with the name `player N`, and joins a room.
    fn open_and_join(&mut self, session: u64, room: &str) {
        self.open(session);
        self.join(session, room);
    }

    /// Opens a session with a name, and joins a room.
    fn open_as_and_join(&mut self, session: u64, name: &str, room: &str) {
        self.open_as(session, name);
        self.join(session, room);
    }

    /// Closes a session.
    fn close(&mut self, session: u64) {
        self.event(session, EventKind::Depart);
    }

    /// Holds the viewer, as if its client read too slowly.
    fn hold(&mut self, session: u64) {
        self.event(session, EventKind::Hold);
    }

    /// Ends a [`hold`](Self::hold).
    fn release(&mut self, session: u64) {
        self.event(session, EventKind::Release);
    }

    /// Drops the player: the link of its session is lost.
    fn drop_link(&mut self, session: u64) {
        self.event(session, EventKind::Drop);
    }

    /// Resumes the session: it has a new link.
    fn resume(&mut self, session: u64) {
        self.event(session, EventKind::Resume { reset: false });
    }

    /// Sends that the session has a new link, after messages for it were lost.
    fn reset(&mut self, session: u64) {
        self.event(session, EventKind::Resume { reset: true });
    }

    /// Joins a room.
    fn join(&mut self, session: u64, room: &str) {
        self.send(session, ClientMessage::Join(Join::room(1, room)));
    }

    /// Joins a room with a mode, options or a ticket.
    fn join_as(&mut self, session: u64, join: Join) {
        self.send(session, ClientMessage::Join(join));
    }

    /// Asks for seats, as a node does.
    fn reserve(&mut self, session: u64, reservation: Reservation) {
        self.event(session, EventKind::Reserve(Box::new(reservation)));
    }

    /// Leaves the room.
    fn leave(&mut self, session: u64) {
        self.send(session, ClientMessage::Leave { request: 9 });
    }

    /// Starts to walk.
    fn walk(&mut self, session: u64, direction: Direction) {
        let command = Move {
            heading: MoveHeading::walk(direction),
            ..Move::default()
        };
        self.command(session, command);
    }

    /// Starts to sprint.
    fn sprint(&mut self, session: u64, direction: Direction) {
        let command = Move {
            heading: MoveHeading::sprint(direction),
            ..Move::default()
        };
        self.command(session, command);
    }

    /// Sends any movement command.
    fn command(&mut self, session: u64, command: Move) {
        self.send(session, ClientMessage::Move(command));
    }

    /// Sends a chat message.
    fn chat(&mut self, session: u64, scope: Scope, text: &str) {
        let (request, text) = (7, text.into());
        self.send(session, ClientMessage::Chat(Chat { request, scope, text }));
    }

    /// Sets the skin.
    fn skin(&mut self, session: u64, skin: u16) {
        self.send(session, ClientMessage::SetSkin(SetSkin { request: 8, skin }));
    }

    /// Writes one key of the room state. `version` is the last known version. A `value` of `None`
    /// deletes the key.
    fn write(&mut self, session: u64, key: &str, version: u32, value: Option<&str>) {
        let write = StateWrite {
            key: key.into(),
            version,
            value: value.map(String::from),
        };
        self.write_all(session, vec![write]);
    }

    /// Writes several keys of the room state in one message.
    fn write_all(&mut self, session: u64, writes: Vec<StateWrite>) {
        self.send(session, ClientMessage::SetState(SetState { request: 5, writes }));
    }

    /// Sends a plugin's message.
    fn custom<M: Serialize>(&mut self, session: u64, name: &str, message: &M) {
        let custom = Custom {
            request: 6,
            name: name.into(),
            body: Body::Bytes(encoded(message)),
        };
        self.send(session, ClientMessage::Custom(custom));
    }

    /// Acts on a target.
    fn act<M: Serialize>(&mut self, session: u64, target: ActTarget, name: &str, message: &M) {
        let act = Act {
            request: 10,
            target,
            name: name.into(),
            body: Body::Bytes(encoded(message)),
        };
        self.send(session, ClientMessage::Act(act));
    }

    /// Moves the player to a position, in units of 1/256 px. The world needs the
    /// [`teleport_plugin`](crate::teleport_plugin).
    fn teleport(&mut self, session: u64, x: i32, y: i32) {
        self.custom(session, "teleport", &Teleport(Position { x, y }));
    }
}

impl SessionActions for TickInput {
    fn event(&mut self, session: u64, kind: EventKind) {
        let session = SessionId(session);
        self.events.push(Event { session, kind });
    }
}

/// Encodes a value as on the wire.
pub fn encoded<M: Serialize>(message: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(message, &mut bytes);
    bytes
}
