//! A virtual client.

use parlour_shared::{
    codec,
    ids::{PlayerId, Slot, Tick},
    message::{Accepted, ChatSaid, Refusal, RoomEntered, ServerMessage},
    motion::{Gait, Position},
    snapshot::Snapshot,
    view::View,
};
use parlour_tick::Lane;

/// A client that decodes every frame that it receives.
#[derive(Debug, Default)]
pub struct TestClient {
    /// The id of its player.
    pub player: PlayerId,
    /// The current room.
    pub room: Option<RoomEntered>,
    /// The players in sight.
    pub view: View,
    /// Messages of the reliable lane since they were last taken.
    pub messages: Vec<ServerMessage>,
    /// The snapshot of the last tick with its size in bytes, if there was one.
    pub snapshots: Vec<(Snapshot, usize)>,
    /// Whether the viewer is held.
    pub held: bool,
    /// Whether the link of the session is lost. A real client is not sent the messages meanwhile.
    pub dropped: bool,
}

/// The visible state of one player at a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPlayer {
    /// Its slot in the room.
    pub slot: Slot,
    /// Its id.
    pub player: PlayerId,
    /// Its name.
    pub name: String,
    /// Its position.
    pub place: Position,
    /// Its movement.
    pub gait: Gait,
    /// Its skin.
    pub skin: u16,
    /// Whether it is dropped.
    pub dropped: bool,
    /// Its components, as index and bytes.
    pub components: Vec<(u8, Vec<u8>)>,
}

impl TestClient {
    /// Decodes and applies one frame.
    pub fn receive(&mut self, lane: Lane, payload: &[u8]) {
        match lane {
            Lane::Reliable => self.apply(codec::decode_server(payload).unwrap()),
            Lane::Snapshot => {
                assert!(!self.held, "a snapshot for a held client");
                assert!(!self.dropped, "a snapshot for a dropped client");
                assert!(self.snapshots.is_empty(), "at most one snapshot a tick");
                let mut snapshot = Snapshot::default();
                snapshot.read(payload).unwrap();
                self.view.apply(&snapshot).unwrap();
                self.snapshots.push((snapshot, payload.len()));
            }
        }
    }

    /// Applies a message.
    pub fn apply(&mut self, message: ServerMessage) {
        match &message {
            ServerMessage::RoomEntered(entered) => {
                self.view.enter_room(entered.view);
                self.room = Some(entered.clone());
            }
            ServerMessage::RoomLeft(_) => self.room = None,
            _ => {}
        }
        self.messages.push(message);
    }

    /// Returns the slot of the client.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.room().slot
    }

    /// Returns the current room.
    #[must_use]
    #[track_caller]
    pub fn room(&self) -> &RoomEntered {
        self.room.as_ref().expect("in a room")
    }

    /// Returns the players in sight, as the client draws them at a tick.
    #[must_use]
    pub fn seen_players(&self, now: Tick) -> Vec<SeenPlayer> {
        let seen = self.view.players();
        seen.map(|(slot, player, seen)| SeenPlayer {
            slot,
            player: player.player,
            name: player.name.clone(),
            place: seen.segment.at(now),
            gait: seen.segment.gait,
            skin: player.skin,
            dropped: player.dropped,
            components: seen.components.to_vec(),
        })
        .collect()
    }

    /// Takes all messages, and returns the refusals.
    pub fn refusals(&mut self) -> Vec<Refusal> {
        self.take_messages(|message| match message {
            ServerMessage::Refused(refused) => Some(refused.refusal),
            _ => None,
        })
    }

    /// Takes all messages, and returns the accepted requests.
    pub fn accepted(&mut self) -> Vec<Accepted> {
        self.take_messages(|message| match message {
            ServerMessage::Accepted(accepted) => Some(accepted),
            _ => None,
        })
    }

    /// Takes all messages, and returns the chats.
    pub fn chats(&mut self) -> Vec<ChatSaid> {
        self.take_messages(|message| match message {
            ServerMessage::Chat(said) => Some(said),
            _ => None,
        })
    }

    /// Takes all messages, and returns those that `kind` chooses.
    pub fn take_messages<T>(&mut self, kind: impl FnMut(ServerMessage) -> Option<T>) -> Vec<T> {
        std::mem::take(&mut self.messages)
            .into_iter()
            .filter_map(kind)
            .collect()
    }
}
