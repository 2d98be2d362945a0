//! What the server says.

use serde::{Deserialize, Serialize};

use super::{Body, KeyVersion, Refusal, Request, Scope};
use crate::{
    close::CloseCode,
    ids::{Epoch, PlayerId, Slot, Tick},
    map::MapInfo,
    view::SnapshotJson,
};

/// A message from the server. In binary the first byte is the variant's position in this list; 0 is
/// a snapshot, packed by hand ([`crate::snapshot`]), which has this form in JSON only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// What changed around the player, or all of it.
    Snapshot(SnapshotJson),
    /// Answers the hello.
    Welcome(Welcome),
    /// The player is in a room now; a full snapshot follows.
    RoomEntered(RoomEntered),
    /// The player is in no room now, or about to enter another.
    RoomLeft(RoomLeft),
    /// Someone said something.
    Chat(ChatSaid),
    /// The room's state changed.
    StateChanged(StateChanged),
    /// A request was done.
    Accepted(Accepted),
    /// A request was not done.
    Refused(Refused),
    /// Answers a ping.
    Pong(Pong),
    /// Something from a plugin.
    Custom(CustomSaid),
    /// The connection is about to be closed by the server.
    Closing(Closing),
}

/// How safe an acknowledged thing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Durability {
    /// In memory.
    #[default]
    L0,
    /// In a store that flushes every second.
    L1,
    /// In a store, flushed before the answer.
    L2,
    /// As L2, and on a replica.
    L3,
}

/// Position of a reliable message in its stream: per room for what all in it hear, per player and
/// stay in a room for what only some hear, so that neither has gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The life of the room.
    pub epoch: Epoch,
    /// 1, 2, 3 and so on.
    pub seq: u32,
}

/// The session is open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The protocol version spoken.
    pub protocol: u16,
    /// The server's schema, [`crate::codec::SCHEMA`].
    pub schema: u32,
    /// Who the player is to others.
    pub player: PlayerId,
    /// The player's name.
    pub name: String,
    /// The last tick that is over.
    pub tick: Tick,
    /// Ticks per second.
    pub tick_rate: u32,
    /// How safe acknowledged messages are here.
    pub durability: Durability,
    /// After this much silence the server pings; after twice as much it closes with 4002.
    pub heartbeat_ms: u32,
    /// The catalogue of skins; a skin is an index into it.
    pub skins: Vec<String>,
    /// The maps that rooms can be made from.
    pub maps: Vec<String>,
    /// Names of the components that plugins replicate, by their bit.
    pub extras: Vec<String>,
    /// Reserved: names the session when resuming.
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
    /// The life of the room.
    pub epoch: Epoch,
    /// Snapshots of this stay carry this number.
    pub view: u8,
    /// The player's slot.
    pub slot: Slot,
    /// The tick at which it entered.
    pub tick: Tick,
    /// Players the room holds at most.
    pub capacity: u32,
    /// How far players are shown to each other, in pixels; none: everyone in the room.
    pub interest_px: Option<u32>,
    /// How far a near-me chat carries, in pixels; a sixth farther to players who were that near
    /// before.
    pub near_px: u32,
    /// The number of the room's last message so far: the next has one more.
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
    /// It asked to leave.
    Asked,
    /// It enters another room.
    Moved,
}

/// The player left its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomLeft {
    /// The request that this answers; 0 after a door.
    pub request: Request,
    /// The life of the room that was left.
    pub epoch: Epoch,
    /// Why.
    pub reason: LeaveReason,
}

/// Someone said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSaid {
    /// Its place in the room's stream, or, for [`Scope::Near`], in the listener's own.
    pub stamp: Stamp,
    /// The tick at which it was said.
    pub tick: Tick,
    /// Who heard it.
    pub scope: Scope,
    /// Who said it.
    pub player: PlayerId,
    /// The speaker's name: with interest by distance, the listener may not see the speaker.
    pub name: String,
    /// What was said.
    pub text: String,
}

/// One key of room state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEntry {
    /// The key.
    pub key: String,
    /// Its version: rises with each write to the key, also across a deletion.
    pub version: u32,
    /// Its value; none: deleted.
    pub value: Option<String>,
}

/// The room's state changed, by one batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChanged {
    /// Its place in the room's stream.
    pub stamp: Stamp,
    /// The tick at which it changed.
    pub tick: Tick,
    /// Who changed it.
    pub player: PlayerId,
    /// What was written.
    pub entries: Vec<StateEntry>,
}

/// A request was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The request.
    pub request: Request,
    /// The tick at which it took effect.
    pub tick: Tick,
    /// How safe it is.
    pub durability: Durability,
    /// Where in the room's stream, if it made a message there.
    pub stamp: Option<Stamp>,
}

/// A request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The request.
    pub request: Request,
    /// Why.
    pub refusal: Refusal,
}

impl Refused {
    /// The versions now, if the refusal is a stale write.
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
    /// The last tick that is over.
    pub tick: Tick,
}

/// Something from a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomSaid {
    /// The tick at which it was said.
    pub tick: Tick,
    /// The player that caused it, if one did.
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
    /// When to connect again, in milliseconds, if the code advises it.
    pub reconnect_after_ms: u32,
}
