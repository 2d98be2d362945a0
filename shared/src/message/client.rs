//! What a client says.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess, Visitor},
};

use super::Body;
use crate::{
    ids::Tick,
    limits::MAX_DECODED_WRITES,
    motion::{Direction, Heading},
};

/// A number that the client chooses and that the answer repeats; 0 if it does not care.
pub type Request = u32;

/// A message from a client. In binary the first byte is the variant's position in this list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First message of a connection; answered by a welcome.
    Hello(Hello),
    /// Enter a room, leaving the present one.
    Join(Join),
    /// Leave the present room.
    Leave {
        /// Repeated in the answer.
        #[serde(default)]
        request: Request,
    },
    /// Walk, or stand still. Sent on change only.
    Move(Move),
    /// Say something.
    Chat(Chat),
    /// Look different.
    SetSkin(SetSkin),
    /// Change the room's state, all writes or none.
    SetState(SetState),
    /// Something that a plugin understands.
    Custom(Custom),
    /// Answered by a pong at once, without waiting for a tick.
    Ping {
        /// Repeated in the pong.
        nonce: u32,
    },
    /// The client goes and does not mean to come back.
    Bye,
}

impl ClientMessage {
    /// The number that the answer repeats; 0 if none is wanted, or the message has no answer.
    #[must_use]
    pub fn request(&self) -> Request {
        match self {
            Self::Join(join) => join.request,
            Self::Leave { request } => *request,
            Self::Chat(chat) => chat.request,
            Self::SetSkin(skin) => skin.request,
            Self::SetState(batch) => batch.request,
            Self::Custom(custom) => custom.request,
            Self::Hello(_) | Self::Move(_) | Self::Ping { .. } | Self::Bye => 0,
        }
    }
}

/// Opens a session.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The protocol version that the client speaks, [`crate::limits::PROTOCOL`].
    pub protocol: u16,
    /// The schema that the client was built with, [`crate::codec::SCHEMA`]; 0 to leave it
    /// unchecked.
    #[serde(default)]
    pub schema: u32,
    /// The name others see, 1 to 24 code points: what `text::clean_name` makes of this. If it
    /// refuses it, the server picks one.
    #[serde(default)]
    pub name: String,
    /// Who the client is. Guests have none.
    #[serde(default)]
    pub token: Option<String>,
    /// Reserved: the session to resume.
    #[serde(default)]
    pub session: Option<String>,
    /// Reserved: the secret that proves the right to resume.
    #[serde(default)]
    pub resume: Option<String>,
}

/// Without the secrets, which must not get into logs.
impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("protocol", &self.protocol)
            .field("schema", &self.schema)
            .field("name", &self.name)
            .field("token", &self.token.as_ref().map(|_| format_args!("..")))
            .field("session", &self.session)
            .field("resume", &self.resume.as_ref().map(|_| format_args!("..")))
            .finish()
    }
}

/// Enters a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// `map` or `map/instance`; created if nobody is there.
    pub room: String,
}

/// A command of movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Rises with each command, by 1 as a rule; snapshots acknowledge it. 0: the server counts.
    #[serde(default)]
    pub seq: u32,
    /// The tick at which it shall take effect; 0: the next one.
    #[serde(default)]
    pub tick: Tick,
    /// Where to.
    pub direction: Direction,
    /// At the higher speed.
    #[serde(default)]
    pub sprint: bool,
}

impl Move {
    /// The heading it asks for.
    #[must_use]
    pub fn heading(&self) -> Heading {
        Heading {
            direction: self.direction,
            sprint: self.sprint,
        }
    }
}

/// Who hears a chat message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everyone in the room.
    #[default]
    Room,
    /// Those near the speaker.
    Near,
}

/// Says something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// Repeated in the answer.
    #[serde(default)]
    pub request: Request,
    /// Who hears it.
    #[serde(default)]
    pub scope: Scope,
    /// Up to 2 KiB; others get what `text::clean_chat` makes of it.
    pub text: String,
}

/// Puts on a skin.
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
    /// 1 to 8 writes to different keys; a batch of another size is refused, a message with more
    /// than 64 malformed.
    #[serde(deserialize_with = "few_writes")]
    pub writes: Vec<StateWrite>,
}

/// Reads at most [`MAX_DECODED_WRITES`].
fn few_writes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<StateWrite>, D::Error> {
    struct FewWrites;

    impl<'de> Visitor<'de> for FewWrites {
        type Value = Vec<StateWrite>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "at most {MAX_DECODED_WRITES} writes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut writes: A) -> Result<Self::Value, A::Error> {
            let mut read = Vec::new();
            while let Some(write) = writes.next_element()? {
                if read.len() == MAX_DECODED_WRITES {
                    return Err(de::Error::invalid_length(read.len() + 1, &self));
                }
                read.push(write);
            }
            Ok(read)
        }
    }

    deserializer.deserialize_seq(FewWrites)
}

/// One write: refused, and with it the batch, if the key's version is another one by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateWrite {
    /// 1 to 48 bytes of `a-z 0-9 - _ .`
    pub key: String,
    /// The version that the writer saw; 0 for a key that does not exist.
    pub version: u32,
    /// Up to 1 KiB; none deletes the key.
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
    /// The message, in the plugin's encoding.
    pub body: Body,
}
