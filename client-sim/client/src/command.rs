//! What a player can ask for.

use parlour_shared::{
    ids::Tick,
    message::{Body, Request, Scope, StateWrite},
    motion::Heading,
};

/// Something to ask of the server. Requests are numbered by the client; the answer repeats the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Enter a room, `map` or `map/instance`, leaving the present one.
    Join {
        /// Its name.
        room: String,
    },
    /// Leave the present room.
    Leave,
    /// Walk or stand still, from a tick on. Send it on change only.
    Walk {
        /// Where to, and how fast.
        heading: Heading,
        /// The tick at which to take effect; `None`: the next one. [`crate::Client::next_sample`] says which tick to
        /// aim at, and when to send.
        at: Option<Tick>,
    },
    /// Say something.
    Say {
        /// Who hears it.
        scope: Scope,
        /// Up to 2 KiB; others get what `parlour_shared::text::clean_chat` makes of it.
        text: String,
    },
    /// Put on a skin of the catalogue in the welcome.
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
    /// Measure the round trip; answered at once.
    Ping,
    /// Go and do not come back; the server closes the connection.
    Bye,
}

impl Command {
    /// Walk from the next tick on: a [`Direction`](parlour_shared::motion::Direction) at the ordinary speed, or a
    /// [`Heading`] to sprint.
    #[must_use]
    pub fn walk(heading: impl Into<Heading>) -> Self {
        Self::Walk {
            heading: heading.into(),
            at: None,
        }
    }

    /// Say something to everyone in the room.
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        Self::Say {
            scope: Scope::Room,
            text: text.into(),
        }
    }

    /// How long the message can be on the wire, in bytes, at most.
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

    /// The message on the wire, with its number filled in.
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
