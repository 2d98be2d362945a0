//! What a client is told.

use parlour_shared::{
    codec,
    ids::{PlayerId, Slot, Tick},
    message::{Accepted, ChatSaid, Refusal, RoomEntered, ServerMessage, Welcome},
    motion::{Gait, Position},
    snapshot::Snapshot,
    view::View,
};
use parlour_tick::Lane;

/// A client that decodes all that it is sent.
#[derive(Debug, Default)]
pub struct TestClient {
    /// Its welcome, once it came.
    pub welcome: Option<Welcome>,
    /// The room that it is in.
    pub room: Option<RoomEntered>,
    /// What it sees.
    pub view: View,
    /// Messages of the reliable lane that nobody looked at yet.
    pub messages: Vec<ServerMessage>,
    /// Snapshots of the last tick, and their sizes.
    pub snapshots: Vec<(Snapshot, usize)>,
    /// Whether its link takes nothing.
    pub held: bool,
}

/// All that is to be seen of one player at a tick, but for components of plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Where it sits in its room.
    pub slot: Slot,
    /// Who it is.
    pub player: PlayerId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Position,
    /// How it goes.
    pub gait: Gait,
    /// How it looks.
    pub skin: u16,
}

impl TestClient {
    /// Takes in a frame of the last tick.
    pub fn receive(&mut self, lane: Lane, payload: &[u8]) {
        match lane {
            Lane::Reliable => self.take(codec::decode_server(payload).unwrap()),
            Lane::Snapshot => {
                assert!(!self.held, "who is held was sent a snapshot");
                assert!(self.snapshots.is_empty(), "at most one snapshot a tick");
                let mut snapshot = Snapshot::default();
                snapshot.read(payload).unwrap();
                self.view.apply(&snapshot).unwrap();
                self.snapshots.push((snapshot, payload.len()));
            }
        }
    }

    /// Takes in a message.
    pub fn take(&mut self, message: ServerMessage) {
        match &message {
            ServerMessage::Welcome(welcome) => self.welcome = Some(welcome.clone()),
            ServerMessage::RoomEntered(entered) => {
                self.view.enter_room(entered.view);
                self.room = Some(entered.clone());
            }
            ServerMessage::RoomLeft(_) => self.room = None,
            _ => {}
        }
        self.messages.push(message);
    }

    /// Where it sits.
    #[must_use]
    pub fn slot(&self) -> Slot {
        self.room().slot
    }

    /// The room that it is in.
    #[must_use]
    #[track_caller]
    pub fn room(&self) -> &RoomEntered {
        self.room.as_ref().expect("in a room")
    }

    /// Its welcome.
    #[must_use]
    #[track_caller]
    pub fn welcome(&self) -> &Welcome {
        self.welcome.as_ref().expect("welcomed")
    }

    /// Who it is to others.
    #[must_use]
    pub fn id(&self) -> PlayerId {
        self.welcome().player
    }

    /// All that it sees at a tick.
    #[must_use]
    pub fn sights(&self, now: Tick) -> Vec<Sight> {
        let seen = self.view.iter();
        seen.map(|(slot, seen)| Sight {
            slot,
            player: seen.player,
            name: seen.name.to_owned(),
            place: seen.segment.at(now),
            gait: seen.segment.gait,
            skin: seen.skin,
        })
        .collect()
    }

    /// What it was refused since its messages were last looked at.
    pub fn refusals(&mut self) -> Vec<Refusal> {
        self.heard(|message| match message {
            ServerMessage::Refused(refused) => Some(refused.refusal),
            _ => None,
        })
    }

    /// What it was told to be done since its messages were last looked at.
    pub fn accepted(&mut self) -> Vec<Accepted> {
        self.heard(|message| match message {
            ServerMessage::Accepted(accepted) => Some(accepted),
            _ => None,
        })
    }

    /// The chats that it heard since its messages were last looked at.
    pub fn chats(&mut self) -> Vec<ChatSaid> {
        self.heard(|message| match message {
            ServerMessage::Chat(said) => Some(said),
            _ => None,
        })
    }

    /// Messages of a kind since all were last looked at; the others are forgotten.
    pub fn heard<T>(&mut self, kind: impl FnMut(ServerMessage) -> Option<T>) -> Vec<T> {
        std::mem::take(&mut self.messages)
            .into_iter()
            .filter_map(kind)
            .collect()
    }
}
