//! What sessions do, in the words of tests.

use parlour_shared::{
    codec,
    message::{Body, Chat, ClientMessage, Custom, Join, Move, Scope, SetSkin, SetState, StateWrite},
    motion::{Direction, Position},
};
use parlour_tick::EventKind;
use serde::Serialize;

use crate::plaza::Teleport;

/// How long before its deadline every message comes, in tenths of milliseconds.
const EARLY: i16 = 20;

/// What sessions do: at the next tick of a [`TestWorld`](crate::TestWorld), or at the tick of a
/// [`Script`](crate::Script) that is written just now. The number of its request is
/// 1 for who joins, 5 for who writes, 6 for who sends a message of a plugin, 7 for who chats, 8 for who sets a skin, 9 for
/// who leaves.
pub trait Acts {
    /// Something happens to a session.
    fn event(&mut self, session: u64, kind: EventKind);

    /// A session sends a message.
    fn say(&mut self, session: u64, message: ClientMessage) {
        self.event(
            session,
            EventKind::Message {
                early: EARLY,
                message,
            },
        );
    }

    /// A session opens, with its number in its name.
    fn open(&mut self, session: u64) {
        self.open_as(session, &format!("player {session}"));
    }

    /// A session opens with a name.
    fn open_as(&mut self, session: u64, name: &str) {
        self.event(session, EventKind::Open { name: name.into() });
    }

    /// A session opens and joins a room.
    fn open_and_join(&mut self, session: u64, room: &str) {
        self.open(session);
        self.join(session, room);
    }

    /// A session opens with a name and joins a room.
    fn arrive(&mut self, session: u64, name: &str, room: &str) {
        self.open_as(session, name);
        self.join(session, room);
    }

    /// A session ends.
    fn close(&mut self, session: u64) {
        self.event(session, EventKind::Close);
    }

    /// A session's link takes nothing more for a while.
    fn hold(&mut self, session: u64) {
        self.event(session, EventKind::Hold);
    }

    /// A session's link takes data again.
    fn release(&mut self, session: u64) {
        self.event(session, EventKind::Release);
    }

    /// A player asks for a room.
    fn join(&mut self, session: u64, room: &str) {
        let room = room.into();
        self.say(session, ClientMessage::Join(Join { request: 1, room }));
    }

    /// A player leaves its room.
    fn leave(&mut self, session: u64) {
        self.say(session, ClientMessage::Leave { request: 9 });
    }

    /// A player walks from now on.
    fn walk(&mut self, session: u64, direction: Direction) {
        let command = Move {
            direction,
            ..Move::default()
        };
        self.command(session, command);
    }

    /// A player sprints from now on.
    fn sprint(&mut self, session: u64, direction: Direction) {
        let command = Move {
            direction,
            sprint: true,
            ..Move::default()
        };
        self.command(session, command);
    }

    /// A player sends any command of movement.
    fn command(&mut self, session: u64, command: Move) {
        self.say(session, ClientMessage::Move(command));
    }

    /// A player says something.
    fn chat(&mut self, session: u64, scope: Scope, text: &str) {
        let (request, text) = (7, text.into());
        self.say(session, ClientMessage::Chat(Chat { request, scope, text }));
    }

    /// A player puts on a skin.
    fn skin(&mut self, session: u64, skin: u16) {
        self.say(session, ClientMessage::SetSkin(SetSkin { request: 8, skin }));
    }

    /// A player writes to the state of its room: the version that it knows, and a new value or none.
    fn write(&mut self, session: u64, key: &str, version: u32, value: Option<&str>) {
        let write = StateWrite {
            key: key.into(),
            version,
            value: value.map(String::from),
        };
        self.write_all(session, vec![write]);
    }

    /// A player writes several values at once.
    fn write_all(&mut self, session: u64, writes: Vec<StateWrite>) {
        self.say(session, ClientMessage::SetState(SetState { request: 5, writes }));
    }

    /// A player sends a plugin's message.
    fn custom<M: Serialize>(&mut self, session: u64, name: &str, message: &M) {
        let custom = Custom {
            request: 6,
            name: name.into(),
            body: Body(encoded(message)),
        };
        self.say(session, ClientMessage::Custom(custom));
    }

    /// A player is put elsewhere; takes a world with the plugin [`teleporting`](crate::teleporting).
    fn teleport(&mut self, session: u64, x: i32, y: i32) {
        self.custom(session, "teleport", &Teleport(Position { x, y }));
    }
}

/// A value as it goes over the wire.
pub fn encoded<M: Serialize>(message: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec::encode(message, &mut bytes);
    bytes
}
