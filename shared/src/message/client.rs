//! Messages from clients.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess, Visitor},
};

use super::{Body, Move};
use crate::{
    ids::{ObjectId, PlayerId},
    limits::{MAX_DECODED_ITEMS, MAX_PROPERTIES, MAX_PROPERTY_VALUE_BYTES},
    text::is_state_key,
};

/// A number that the client chooses and the answer repeats. 0 if the client does not need it.
pub type Request = u32;

/// A message from a client. In binary the first byte is the variant's position in this list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Opens a session. It is the first message of a connection, and the server answers with a
    /// welcome.
    Hello(Hello),
    /// Enters a room and leaves the current one.
    Join(Join),
    /// Leaves the current room.
    Leave {
        /// Repeated in the answer.
        #[serde(default)]
        request: Request,
    },
    /// Walks or stands still. Sent only when the heading changes.
    Move(Move),
    /// Sends a chat message.
    Chat(Chat),
    /// Changes the player's skin.
    SetSkin(SetSkin),
    /// Writes to the room's state: all of the batch or nothing.
    SetState(SetState),
    /// Carries a message to a plugin.
    Custom(Custom),
    /// Asks for a pong, which is sent immediately and does not wait for a tick.
    Ping {
        /// Repeated in the pong.
        nonce: u32,
    },
    /// Ends the session. The client does not intend to return.
    Bye,
    /// Reserves seats in a room for 15 seconds, without entering it.
    Reserve(Reserve),
    /// Acts on an object or a player.
    Act(Act),
    /// Proves with a newer token that the user of the session may stay.
    Authenticate(Authenticate),
    /// Says how many numbered messages of the session the client has received, so that the server
    /// need not keep them.
    Ack {
        /// The number of the last one.
        received: u32,
    },
}

impl ClientMessage {
    /// Returns the number that the answer repeats, or 0 if the client set none or the message has
    /// no answer.
    #[must_use]
    pub fn request(&self) -> Request {
        match self {
            Self::Join(join) => join.request,
            Self::Leave { request } => *request,
            Self::Chat(chat) => chat.request,
            Self::SetSkin(skin) => skin.request,
            Self::SetState(batch) => batch.request,
            Self::Custom(custom) => custom.request,
            Self::Reserve(reserve) => reserve.request,
            Self::Act(act) => act.request,
            Self::Authenticate(authenticate) => authenticate.request,
            Self::Hello(_) | Self::Move(_) | Self::Ping { .. } | Self::Bye | Self::Ack { .. } => 0,
        }
    }
}

/// The first message of a connection.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The client's protocol version, [`crate::limits::PROTOCOL`].
    pub protocol: u16,
    /// The client's schema, [`crate::codec::SCHEMA`]. 0 skips the check.
    #[serde(default)]
    pub schema: u32,
    /// The player's name, cleaned by `text::clean_name` to 1 to 24 code points. If that returns an
    /// error, the server picks a name.
    #[serde(default)]
    pub name: String,
    /// The token of the user, or `ticket:` and a ticket. `None`: a guest, or a client that sent it
    /// with the upgrade request.
    #[serde(default)]
    pub token: Option<String>,
    /// The session to resume, from the last welcome.
    #[serde(default)]
    pub session: Option<String>,
    /// The secret to resume it, from the last welcome.
    #[serde(default)]
    pub resume: Option<String>,
    /// The number of numbered messages that the client has received in that session.
    #[serde(default)]
    pub received: u32,
}

/// Omits the secrets, which must not appear in logs.
impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("protocol", &self.protocol)
            .field("schema", &self.schema)
            .field("name", &self.name)
            .field("token", &self.token.as_ref().map(|_| format_args!("..")))
            .field("session", &self.session)
            .field("resume", &self.resume.as_ref().map(|_| format_args!("..")))
            .field("received", &self.received)
            .finish()
    }
}

/// A newer token for the user of the session.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authenticate {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// The token, for the same user as the first one.
    pub token: String,
}

/// Omits the token, which must not appear in logs.
impl fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// A request to enter a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// The room's name, `TYPE` or `TYPE/INSTANCE`. For [`JoinMode::New`], [`JoinMode::Private`] and
    /// [`JoinMode::Any`], only the type.
    pub room: String,
    /// Which room of that type to enter.
    #[serde(default)]
    pub mode: JoinMode,
    /// Options for the room's game logic if the room is created: at most 8, with different keys
    /// ([`Property::are_valid`]). With [`JoinMode::Any`], only rooms that publish all of them as
    /// properties are considered.
    #[serde(default, deserialize_with = "few_items")]
    pub options: Vec<Property>,
    /// The ticket of reserved seats, which answers a [`ClientMessage::Reserve`]. The player then
    /// enters the room in which they are, and the other fields have no effect.
    #[serde(default)]
    pub ticket: Option<String>,
}

impl Join {
    /// Returns the join of the room with this name, which is created if it does not exist.
    #[must_use]
    pub fn room(request: Request, room: impl Into<String>) -> Self {
        Self {
            request,
            room: room.into(),
            ..Self::default()
        }
    }
}

/// Which room to enter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinMode {
    /// The room with this name. It is created if it does not exist.
    #[default]
    Enter,
    /// The room with this name, if it exists.
    Existing,
    /// A new room of this type.
    New,
    /// A new room of this type with a name that cannot be guessed. [`Self::Any`] never leads
    /// there.
    Private,
    /// The fullest room of this type that has a free seat, or a new one.
    Any,
}

/// A key and its value, as an option of a join or a published property of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// The key: 1 to 48 bytes of `a-z 0-9 - _ .`
    pub key: String,
    /// The value, up to 256 bytes.
    pub value: String,
}

impl Property {
    /// Whether the key follows [`is_state_key`] and the value has at most 256 bytes.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        is_state_key(&self.key) && self.value.len() <= MAX_PROPERTY_VALUE_BYTES
    }

    /// Whether these are at most 8 valid properties with different keys, in any order.
    #[must_use]
    pub fn are_valid(properties: &[Self]) -> bool {
        // The length is checked first, so a long list costs nothing.
        properties.len() <= MAX_PROPERTIES
            && properties.iter().enumerate().all(|(at, property)| {
                property.is_valid() && properties[..at].iter().all(|other| other.key != property.key)
            })
    }
}

/// A request for seats in a room, for a group that wants to enter it together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// The number of seats, 1 to 32. All of them are in the same room.
    pub seats: u8,
    /// The room, as in [`Join::room`].
    pub room: String,
    /// Which room of that type.
    #[serde(default)]
    pub mode: JoinMode,
    /// Options, as in [`Join::options`].
    #[serde(default, deserialize_with = "few_items")]
    pub options: Vec<Property>,
}

/// The audience of a chat message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everyone in the room.
    #[default]
    Room,
    /// The players near the speaker.
    Near,
}

/// A chat message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// The players that hear it.
    #[serde(default)]
    pub scope: Scope,
    /// The text, up to 2 KiB. Others receive the result of `text::clean_chat`.
    pub text: String,
}

/// A request to change the player's skin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSkin {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// Index into the catalogue of the welcome.
    pub skin: u16,
}

/// A batch of writes to the room's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetState {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// 1 to 8 writes to different keys. A batch of any other size is refused; a message with more
    /// than 64 writes is malformed.
    #[serde(deserialize_with = "few_items")]
    pub writes: Vec<StateWrite>,
}

/// Reads at most [`MAX_DECODED_ITEMS`] items.
fn few_items<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct FewItems<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for FewItems<T> {
        type Value = Vec<T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "at most {MAX_DECODED_ITEMS} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut read = Vec::new();
            while let Some(item) = items.next_element()? {
                if read.len() == MAX_DECODED_ITEMS {
                    return Err(de::Error::invalid_length(read.len() + 1, &self));
                }
                read.push(item);
            }
            Ok(read)
        }
    }

    deserializer.deserialize_seq(FewItems(PhantomData))
}

/// One write. If the key's version has changed in the meantime, the whole batch is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateWrite {
    /// The key: 1 to 48 bytes of `a-z 0-9 - _ .`
    pub key: String,
    /// The version that the writer saw, or 0 for a key that does not exist.
    pub version: u32,
    /// The value, up to 1 KiB. `None` deletes the key.
    pub value: Option<String>,
}

/// A plugin's message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// The name under which the plugin registered the message.
    pub name: String,
    /// The message, a value of the type that the plugin registered.
    #[serde(default = "Body::null")]
    pub body: Body,
}

/// An action on an object or a player: to open a door, or to tag a player. The server checks that
/// the target is in reach and in sight before game logic receives the action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// The target of the action.
    pub target: ActTarget,
    /// The name under which game logic registered the action.
    pub name: String,
    /// The details of the action, a value of the type that game logic registered.
    #[serde(default = "Body::null")]
    pub body: Body,
}

/// The target of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActTarget {
    /// The object with this id.
    Object(ObjectId),
    /// The player with this id.
    Player(PlayerId),
}
