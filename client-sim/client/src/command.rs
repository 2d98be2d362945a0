//! The commands of a player.

use parlour_shared::{
    codec::{self, CodecError},
    ids::Tick,
    limits::MAX_CUSTOM_BYTES,
    message::{ActTarget, Body, MoveHeading, Request, Scope, StateWrite},
};
use serde::Serialize;

use crate::join_request::JoinRequest;

/// A command or request for the server. The client numbers each of them, and the answer repeats the
/// number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Enters a room, and leaves the current one.
    Join(JoinRequest),
    /// Reserves seats in a room for 15 seconds, so that a group of players can enter it together.
    /// The answer is [`Event::Reserved`](crate::Event::Reserved), with a ticket. The player stays
    /// where it is.
    Reserve {
        /// The number of seats, 1 to 32. Count a seat for this player too if it belongs to the
        /// group.
        seats: u8,
        /// The room. A ticket in it has no effect.
        room: JoinRequest,
    },
    /// Leaves the current room.
    Leave,
    /// Walks or stands still from a tick on. Send it only when the heading changes.
    ///
    /// It has no answer. If a failure of game logic loses it, an [`Event::Refused`] arrives in the
    /// room, with request 0 and [`Refusal::WorldRestarted`]: send the current heading again.
    ///
    /// [`Event::Refused`]: crate::Event::Refused
    /// [`Refusal::WorldRestarted`]: crate::Refusal::WorldRestarted
    Walk {
        /// A direction, as keys give it, or an angle, with a speed.
        heading: MoveHeading,
        /// The tick at which it takes effect, or `None` for the next one.
        /// [`crate::Client::next_sample`] returns the tick to aim at, and when to send.
        at: Option<Tick>,
    },
    /// Sends a chat message.
    Say {
        /// The players that hear it.
        scope: Scope,
        /// Up to 2 KiB. Others receive the result of `parlour_shared::text::clean_chat`.
        text: String,
    },
    /// Changes the player's skin to one of the catalogue in the welcome.
    SetSkin {
        /// Index into the catalogue.
        skin: u16,
    },
    /// Writes to the room's state. Either all writes of the batch take effect, or none.
    SetState {
        /// 1 to 8 writes to different keys.
        writes: Vec<StateWrite>,
    },
    /// Sends a message to a plugin of the server.
    Custom {
        /// The name under which the plugin registered the message.
        name: String,
        /// The message, in the plugin's encoding.
        body: Vec<u8>,
    },
    /// Acts on an object or a player, for example to open a door.
    Act {
        /// The target. The server refuses one that is not in reach or in sight.
        target: ActTarget,
        /// The name under which game logic registered the action.
        name: String,
        /// The details of the action, in the encoding of the game logic.
        body: Vec<u8>,
    },
    /// Measures the round trip. The server answers immediately.
    Ping,
    /// Ends the session. The server closes the connection.
    Bye,
}

/// The reason why a value cannot be sent in a custom message or an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustomError {
    /// The value cannot be encoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The encoded value is too long: the server would refuse it.
    #[error("the message has {0} bytes, more than the {MAX_CUSTOM_BYTES} that the server accepts")]
    TooLong(usize),
}

impl Command {
    /// Returns a join: of the room with this name, or as the [`JoinRequest`] says.
    #[must_use]
    pub fn join(room: impl Into<JoinRequest>) -> Self {
        Self::Join(room.into())
    }

    /// Returns a reservation of this many seats: in the room with this name, or as the
    /// [`JoinRequest`] says.
    #[must_use]
    pub fn reserve(seats: u8, room: impl Into<JoinRequest>) -> Self {
        Self::Reserve {
            seats,
            room: room.into(),
        }
    }

    /// Returns a walk from the next tick on. Pass a
    /// [`Direction`](parlour_shared::motion::Direction) to walk, or a [`MoveHeading`] to sprint or
    /// to walk at an angle.
    #[must_use]
    pub fn walk(heading: impl Into<MoveHeading>) -> Self {
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

    /// Returns a message to a plugin of the server. `message` is encoded like all other messages,
    /// so its type must have the same fields as the type of the plugin, in the same order.
    ///
    /// ```
    /// use parlour_client::Command;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct SetMood {
    ///     mood: Option<u8>,
    /// }
    ///
    /// let command = Command::custom("set_mood", &SetMood { mood: Some(7) })?;
    /// # let (name, body) = ("set_mood".to_owned(), vec![1, 7]);
    /// # assert_eq!(command, Command::Custom { name, body });
    /// # Ok::<(), parlour_client::CustomError>(())
    /// ```
    ///
    /// # Errors
    /// [`CustomError`] if the value cannot be encoded, or is too long for the server.
    pub fn custom(name: impl Into<String>, message: &impl Serialize) -> Result<Self, CustomError> {
        let (name, body) = (name.into(), encode_body(message)?);
        Ok(Self::Custom { name, body })
    }

    /// Returns an action on an object or a player. `details` is encoded like the message of
    /// [`Self::custom`]; `&()` has no bytes.
    ///
    /// ```
    /// use parlour_client::Command;
    /// use parlour_shared::{ids::ObjectId, message::ActTarget};
    ///
    /// let door = ActTarget::Object(ObjectId(12));
    /// let command = Command::act(door, "open", &())?;
    /// # let (target, name, body) = (door, "open".to_owned(), Vec::new());
    /// # assert_eq!(command, Command::Act { target, name, body });
    /// # Ok::<(), parlour_client::CustomError>(())
    /// ```
    ///
    /// # Errors
    /// [`CustomError`] if the details cannot be encoded, or are too long for the server.
    pub fn act(
        target: ActTarget,
        name: impl Into<String>,
        details: &impl Serialize,
    ) -> Result<Self, CustomError> {
        let (name, body) = (name.into(), encode_body(details)?);
        Ok(Self::Act { target, name, body })
    }

    /// Returns an upper bound for the length of the message on the wire, in bytes.
    #[cfg(feature = "connect")]
    pub(crate) fn max_bytes(&self) -> usize {
        /// Bytes for the opcode, numbers and lengths of a message, and of each write.
        const FIXED: usize = 32;
        FIXED
            + match self {
                Self::Join(room) | Self::Reserve { room, .. } => room.max_bytes(),
                Self::Say { text, .. } => text.len(),
                Self::Custom { name, body } | Self::Act { name, body, .. } => name.len() + body.len(),
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
            Self::Join(room) => ClientMessage::Join(room.into_join(request)),
            Self::Reserve { seats, room } => ClientMessage::Reserve(room.into_reserve(request, seats)),
            Self::Leave => ClientMessage::Leave { request },
            Self::Walk { heading, at } => ClientMessage::Move(wire::Move {
                seq: number,
                tick: at.unwrap_or_default(),
                heading,
            }),
            Self::Say { scope, text } => ClientMessage::Chat(wire::Chat { request, scope, text }),
            Self::SetSkin { skin } => ClientMessage::SetSkin(wire::SetSkin { request, skin }),
            Self::SetState { writes } => ClientMessage::SetState(wire::SetState { request, writes }),
            Self::Custom { name, body } => ClientMessage::Custom(wire::Custom {
                request,
                name,
                body: Body::Bytes(body),
            }),
            Self::Act { target, name, body } => ClientMessage::Act(wire::Act {
                request,
                target,
                name,
                body: Body::Bytes(body),
            }),
            Self::Ping => ClientMessage::Ping { nonce: number },
            Self::Bye => ClientMessage::Bye,
        }
    }
}

fn encode_body(value: &impl Serialize) -> Result<Vec<u8>, CustomError> {
    let mut body = Vec::new();
    codec::try_encode(value, &mut body)?;
    if body.len() > MAX_CUSTOM_BYTES {
        return Err(CustomError::TooLong(body.len()));
    }
    Ok(body)
}
