//! The commands of a player.

use parlour_shared::{
    ids::Tick,
    message::{Body, Request, Scope, StateWrite},
    motion::Heading,
};

/// A command or request for the server. The client numbers requests; the answer repeats the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Enter a room, `map` or `map/instance`, and leave the current one.
    Join {
        /// Its name.
        room: String,
    },
    /// Leave the current room.
    Leave,
    /// Walk or stand still from a tick on. Send it only on a change.
    Walk {
        /// Where to, and how fast.
        heading: Heading,
        /// The tick at which to take effect; `None`: the next one. [`crate::Client::next_sample`]
        /// returns the tick to aim at and when to send.
        at: Option<Tick>,
    },
    /// Say something.
    Say {
        /// Who hears it.
        scope: Scope,
        /// Up to 2 KiB; others get what `parlour_shared::text::clean_chat` makes of it.
        text: String,
    },
    /// Wear a skin from the catalogue in the welcome.
    SetSkin {
        /// Index into the catalogue.
        skin: u16,
    },
    /// Change the room's state, all writes or none.
    SetState {
        /// 1 to 8 writes to different keys.
        writes: Vec<StateWrite>,
    },
    /// A message that a plugin of the server understands.
    Custom {
        /// The name under which the plugin registered it.
        name: String,
        /// The message, in the plugin's encoding.
        body: Vec<u8>,
    },
    /// Measure the round trip; the server answers immediately.
    Ping,
    /// Leave for good; the server closes the connection.
    Bye,
}

impl Command {
    /// Returns a walk from the next tick on: a [`Direction`](parlour_shared::motion::Direction) at
    /// the ordinary speed, or a [`Heading`] to sprint.
    #[must_use]
    pub fn walk(heading: impl Into<Heading>) -> Self {
        Self::Walk {
            heading: heading.into(),
            at: None,
        }
    }

    /// Returns a command that says something to everyone in the room.
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        Self::Say {
            scope: Scope::Room,
            text: text.into(),
        }
    }

    /// Returns an upper bound for the length of the message on the wire, in bytes.
    #[cfg(feature = "connect")]
    pub(crate) fn max_bytes(&self) -> usize {
        /// Opcode, numbers and lengths, of the message and of each write.
        const FIXED: usize = 32;
        FIXED
            + match self {
                Self::Join { room } => room.len(),
                Self::Say { text, .. } => text.len(),
                Self::Custom { name, body } => name.len() + body.len(),
                Self::SetState { writes } => writes
                    .iter()
                    .map(|write| FIXED + write.key.len() + write.value.as_ref().map_or(0, String::len))
                    .sum(),
                Self::Leave | Self::Walk { .. } | Self::SetSkin { .. } | Self::Ping | Self::Bye => 0,
            }
    }

    /// Returns the message on the wire, with its number.
    pub(crate) fn into_message(self, number: Request) -> parlour_shared::message::ClientMessage {
        use parlour_shared::message::{self as wire, ClientMessage};
        let request = number;
        match self {
            Self::Join { room } => ClientMessage::Join(wire::Join { request, room }),
            Self::Leave => ClientMessage::Leave { request },
            Self::Walk { heading, at } => ClientMessage::Move(wire::Move {
                seq: number,
                tick: at.unwrap_or_default(),
                direction: heading.direction,
                sprint: heading.sprint,
            }),
            Self::Say { scope, text } => ClientMessage::Chat(wire::Chat { request, scope, text }),
            Self::SetSkin { skin } => ClientMessage::SetSkin(wire::SetSkin { request, skin }),
            Self::SetState { writes } => ClientMessage::SetState(wire::SetState { request, writes }),
            Self::Custom { name, body } => ClientMessage::Custom(wire::Custom {
                request,
                name,
                body: Body(body),
            }),
            Self::Ping => ClientMessage::Ping { nonce: number },
            Self::Bye => ClientMessage::Bye,
        }
    }
}
