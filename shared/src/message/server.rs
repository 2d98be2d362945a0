//! Messages from the server.

use serde::{Deserialize, Serialize};

use super::{Body, KeyVersion, Refusal, Request, Scope};
use crate::{
    close::CloseCode,
    ids::{Epoch, PlayerId, Slot, Tick},
    map::MapInfo,
    view::SnapshotJson,
};

/// A message from the server. In binary the first byte is the variant's position in this list. 0 is
/// a snapshot, which has this form only in JSON; in binary it is packed by hand
/// ([`crate::snapshot`]).
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
    /// Someone said something.
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
}

/// How durable an acknowledged change is.
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

/// The position of a reliable message in its stream. A message for everyone is counted per room, a
/// message for only some per player and view, so neither stream has gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The room's epoch.
    pub epoch: Epoch,
    /// 1, 2, 3 and so on.
    pub seq: u32,
}

/// The session is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol version in use.
    pub protocol: u16,
    /// The server's schema, [`crate::codec::SCHEMA`].
    pub schema: u32,
    /// The id by which other players know this one.
    pub player: PlayerId,
    /// The player's name.
    pub name: String,
    /// The last finished tick.
    pub tick: Tick,
    /// Ticks per second.
    pub tick_rate: u32,
    /// How durable acknowledged changes are on this server.
    pub durability: Durability,
    /// The server pings after this much silence, and closes with 4002 after twice as much.
    pub heartbeat_ms: u32,
    /// The catalogue of skins; a skin is an index into it.
    pub skins: Vec<String>,
    /// The maps from which rooms can be created.
    pub maps: Vec<String>,
    /// The names of the components that plugins replicate, by bit number.
    pub extras: Vec<String>,
    /// Reserved: the session to resume.
    pub session: Option<String>,
    /// Reserved: the secret for resuming.
    pub resume: Option<String>,
}

/// The player entered a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEntered {
    /// The join that this answers; 0 after a door.
    pub request: Request,
    /// The room's name.
    pub room: String,
    /// The room's epoch.
    pub epoch: Epoch,
    /// The number of this stay in the room; its snapshots carry it.
    pub view: u8,
    /// The player's slot.
    pub slot: Slot,
    /// The tick at which the player entered.
    pub tick: Tick,
    /// The maximum number of players in the room.
    pub capacity: u32,
    /// The distance up to which players see each other, in pixels. `None`: everyone sees everyone
    /// in the room.
    pub interest_px: Option<u32>,
    /// How far chat of [`Scope::Near`] carries, in pixels; a sixth farther to players who were
    /// already that near.
    pub near_px: u32,
    /// The number of the room's last message; the next one is one higher.
    pub seq: u32,
    /// The map.
    pub map: MapInfo,
    /// The room's versioned state.
    pub state: Vec<StateEntry>,
}

/// Why a player is no longer in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// The player asked to leave.
    Asked,
    /// The player enters another room.
    Moved,
}

/// The player left its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLeft {
    /// The request that this answers; 0 after a door.
    pub request: Request,
    /// The epoch of the room that the player left.
    pub epoch: Epoch,
    /// Why.
    pub reason: LeaveReason,
}

/// Someone said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSaid {
    /// Its position in the room's stream or, for [`Scope::Near`], in the listener's own.
    pub stamp: Stamp,
    /// The tick at which it was said.
    pub tick: Tick,
    /// Who heard it.
    pub scope: Scope,
    /// Who said it.
    pub player: PlayerId,
    /// The speaker's name. The listener may not see the speaker, because interest can depend on
    /// distance.
    pub name: String,
    /// What was said.
    pub text: String,
}

/// One key of room state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEntry {
    /// The key.
    pub key: String,
    /// Its version: increases with each write to the key, and a deletion does not reset it.
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
    /// Who changed it.
    pub player: PlayerId,
    /// What was written.
    pub entries: Vec<StateEntry>,
}

/// A request was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The request.
    pub request: Request,
    /// The tick at which it took effect.
    pub tick: Tick,
    /// How durable it is.
    pub durability: Durability,
    /// The position in the room's stream of the message that the request caused, if it caused one.
    pub stamp: Option<Stamp>,
}

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The request.
    pub request: Request,
    /// Why.
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

/// Answers a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// From the ping.
    pub nonce: u32,
    /// The last finished tick.
    pub tick: Tick,
}

/// A message from a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomSaid {
    /// The tick at which it was said.
    pub tick: Tick,
    /// The player that caused it, if any.
    pub player: Option<PlayerId>,
    /// The name under which the plugin registered the message.
    pub name: String,
    /// The message, in the plugin's encoding.
    pub body: Body,
}

/// The server is about to close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The close code that follows.
    pub code: CloseCode,
    /// The time to wait before connecting again, in milliseconds, if the code advises that.
    pub reconnect_after_ms: u32,
}
