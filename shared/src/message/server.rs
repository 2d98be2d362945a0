//! Messages from the server.

use serde::{Deserialize, Serialize};

use super::{Body, KeyVersion, Property, Refusal, Request, Scope};
use crate::{
    close::CloseCode,
    ids::{Epoch, PlayerId, Slot, Tick},
    map::MapInfo,
    view::SnapshotJson,
};

/// A message from the server. In binary the first byte is the variant's position in this list. A
/// snapshot (0) has this form only in JSON. In binary it is packed by hand ([`crate::snapshot`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// The changes around the player, or everything that is visible.
    Snapshot(SnapshotJson),
    /// Answers the hello.
    Welcome(Welcome),
    /// The player entered a room; a full snapshot follows.
    RoomEntered(RoomEntered),
    /// The player left its room.
    RoomLeft(RoomLeft),
    /// A player sent a chat message.
    Chat(ChatSaid),
    /// The room's state changed.
    StateChanged(StateChanged),
    /// A request was accepted.
    Accepted(Accepted),
    /// A request was refused.
    Refused(Refused),
    /// Answers a ping.
    Pong(Pong),
    /// A message from a plugin.
    Custom(CustomSaid),
    /// The server is about to close the connection.
    Closing(Closing),
    /// Seats are reserved.
    Reserved(Reserved),
}

/// The durability of an acknowledged change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Durability {
    /// In memory.
    #[default]
    L0,
    /// In a store that flushes every second.
    L1,
    /// In a store, flushed before the answer.
    L2,
    /// Like L2, and also on a replica.
    L3,
}

/// The position of a reliable message in its stream, without gaps. Messages for the whole room have
/// one stream per room. Messages for some of its players have one stream per player and view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The room's epoch.
    pub epoch: Epoch,
    /// The number of the message: 1, 2, 3 and so on.
    pub seq: u32,
}

/// The answer to the hello: the session is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol version in use.
    pub protocol: u16,
    /// The server's schema, [`crate::codec::SCHEMA`].
    pub schema: u32,
    /// The player's id.
    pub player: PlayerId,
    /// The player's name.
    pub name: String,
    /// Ticks per second. Each room counts its own ticks.
    pub tick_rate: u32,
    /// The durability of acknowledged changes on this server.
    pub durability: Durability,
    /// The server pings a client that has been silent for this long, and closes the connection with
    /// 4002 after twice this time.
    pub heartbeat_ms: u32,
    /// The catalogue of skins. A skin is an index into it.
    pub skins: Vec<String>,
    /// The types of rooms that can be joined.
    pub room_types: Vec<String>,
    /// The name of the session. `None`: it ends with this connection.
    pub session: Option<String>,
    /// The secret to resume it. Each welcome has a new one.
    pub resume: Option<String>,
    /// The time within which a client may resume after it lost its connection.
    pub resume_ms: u32,
    /// How the session goes on, if the hello resumed it.
    pub resumed: Option<Resumed>,
}

/// How a session goes on over a new connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The number of the client's messages that the server has handled. The client sends those
    /// after it again.
    pub heard: u32,
    /// The number of the last numbered message before those that follow this welcome.
    pub received: u32,
    /// Whether numbered messages are lost. The client then forgets what it knows of its room and
    /// its requests, and is sent the room again.
    pub reset: bool,
}

/// The player entered a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEntered {
    /// The join that this answers; 0 after a door.
    pub request: Request,
    /// The room's name.
    pub room: String,
    /// The room's type.
    pub room_type: String,
    /// The room's epoch.
    pub epoch: Epoch,
    /// The number of this stay in the room, which its snapshots repeat.
    pub view: u8,
    /// The player's slot.
    pub slot: Slot,
    /// The tick at which the player entered.
    pub tick: Tick,
    /// The maximum number of players in the room.
    pub capacity: u32,
    /// The distance up to which players see each other, in pixels. `None`: all players of the room
    /// see each other.
    pub interest_px: Option<u32>,
    /// The distance up to which a chat with [`Scope::Near`] is heard, in pixels. It is a sixth
    /// farther for players that were already near.
    pub near_px: u32,
    /// The speeds of commands with an angle, in units per tick.
    pub speeds: Vec<u16>,
    /// The number of the room's last message. The next one is one higher.
    pub seq: u32,
    /// The map.
    pub map: MapInfo,
    /// The room's versioned state.
    pub state: Vec<StateEntry>,
    /// The properties that the room publishes, by key.
    pub properties: Vec<Property>,
    /// The kinds of entities in this room. The first is that of players, and a
    /// [`KindId`](crate::ids::KindId) is an index into this list.
    pub kinds: Vec<EntityKind>,
}

/// A kind of entity: what all entities of the kind have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityKind {
    /// Its name. That of players is `player`.
    pub name: String,
    /// The names of its replicated components: at most 16. The index of a component in a snapshot
    /// is an index into this list.
    pub components: Vec<String>,
    /// Half the width of its body, in units.
    pub half_x: u16,
    /// Half the height of its body, in units.
    pub half_y: u16,
    /// The number of its collision layer, 0 to 31.
    pub layer: u8,
    /// The layers whose bodies stop it: bit n stands for layer n.
    pub stopped_by: u32,
    /// Whether walls do not stop it.
    pub passes_walls: bool,
}

/// The answer to a request for seats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// The request that this answers.
    pub request: Request,
    /// The room in which the seats are reserved.
    pub room: String,
    /// The ticket for [`super::Join::ticket`]. It admits as many players as there are seats.
    pub ticket: String,
    /// The time after which unused seats are free again, in milliseconds.
    pub expires_ms: u32,
}

/// The reason for which a player left a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// The player asked to leave.
    Asked,
    /// The player enters a different room.
    Moved,
    /// The room ended.
    Ended,
}

/// The player left its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLeft {
    /// The request that this answers; 0 after a door.
    pub request: Request,
    /// The epoch of the room that the player left.
    pub epoch: Epoch,
    /// The reason.
    pub reason: LeaveReason,
}

/// A chat message of a player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSaid {
    /// Its position in the room's stream, or in the listener's stream for [`Scope::Near`].
    pub stamp: Stamp,
    /// The tick at which it was sent.
    pub tick: Tick,
    /// The audience.
    pub scope: Scope,
    /// The speaker.
    pub player: PlayerId,
    /// The speaker's name. The listener may not see the speaker, because interest can depend on
    /// distance.
    pub name: String,
    /// The text.
    pub text: String,
}

/// One key of room state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEntry {
    /// The key.
    pub key: String,
    /// Its version, which increases with each write to the key. A deletion does not reset it.
    pub version: u32,
    /// Its value. `None`: the key was deleted.
    pub value: Option<String>,
}

/// One batch changed the room's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChanged {
    /// Its position in the room's stream.
    pub stamp: Stamp,
    /// The tick at which it changed.
    pub tick: Tick,
    /// The player that changed it. `None`: game logic did.
    pub player: Option<PlayerId>,
    /// The keys that were written.
    pub entries: Vec<StateEntry>,
}

/// A request was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The request.
    pub request: Request,
    /// The tick at which it took effect.
    pub tick: Tick,
    /// The durability of the change.
    pub durability: Durability,
    /// The position in the room's stream of the message that the request caused, if it caused one.
    pub stamp: Option<Stamp>,
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The request.
    pub request: Request,
    /// The reason.
    pub refusal: Refusal,
}

impl Refused {
    /// Returns the current versions if the refusal is [`Refusal::StaleVersion`], or an empty slice
    /// otherwise.
    #[must_use]
    pub fn current_versions(&self) -> &[KeyVersion] {
        match &self.refusal {
            Refusal::StaleVersion { current } => current,
            _ => &[],
        }
    }
}

/// The answer to a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The nonce of the ping.
    pub nonce: u32,
}

/// A message from a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomSaid {
    /// The tick at which it was sent.
    pub tick: Tick,
    /// The player that caused it, if any.
    pub player: Option<PlayerId>,
    /// The name under which the plugin registered the message.
    pub name: String,
    /// The message, a value of the type that the plugin registered.
    pub body: Body,
}

/// The server is about to close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The close code that follows.
    pub code: CloseCode,
    /// The time to wait before reconnecting, in milliseconds, if the code advises to reconnect.
    pub reconnect_after_ms: u32,
}
