//! What each fake player was sent.

use std::collections::BTreeMap;

use parlour_shared::{
    close::CloseCode,
    message::{ChatSaid, CustomSaid, Refusal, Request, ServerMessage},
};

/// The messages to a fake player.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) name: String,
    /// The last request number.
    pub(super) request: Request,
    pub(super) answers: BTreeMap<Request, Result<(), Refusal>>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) custom: Vec<CustomSaid>,
    pub(super) chats: Vec<ChatSaid>,
    /// The state of its room, as its client knows it.
    pub(super) state: BTreeMap<String, String>,
    /// The messages that the world need not know.
    pub(super) may_be_unknown: Vec<String>,
    pub(super) is_closed: bool,
    /// Whether the link is lost: messages wait until the player resumes.
    pub(super) is_dropped: bool,
    pub(super) close_code: Option<CloseCode>,
}

impl Inbox {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            request: 0,
            answers: BTreeMap::new(),
            refusals: Vec::new(),
            custom: Vec::new(),
            chats: Vec::new(),
            state: BTreeMap::new(),
            may_be_unknown: Vec::new(),
            is_closed: false,
            is_dropped: false,
            close_code: None,
        }
    }

    /// Notes a message.
    pub(super) fn receive(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::RoomEntered(entered) => {
                self.answers.insert(entered.request, Ok(()));
                let entries = entered.state.into_iter();
                self.state = entries
                    .filter_map(|entry| Some((entry.key, entry.value?)))
                    .collect();
            }
            ServerMessage::RoomLeft(left) => {
                self.answers.insert(left.request, Ok(()));
                self.state.clear();
            }
            ServerMessage::StateChanged(changed) => {
                for entry in changed.entries {
                    match entry.value {
                        Some(value) => self.state.insert(entry.key, value),
                        None => self.state.remove(&entry.key),
                    };
                }
            }
            ServerMessage::Accepted(accepted) => drop(self.answers.insert(accepted.request, Ok(()))),
            ServerMessage::Refused(refused) => {
                self.refusals.push(refused.refusal.clone());
                self.answers.insert(refused.request, Err(refused.refusal));
            }
            ServerMessage::Chat(said) => self.chats.push(said),
            ServerMessage::Custom(said) => self.custom.push(said),
            ServerMessage::Snapshot(_)
            | ServerMessage::Welcome(_)
            | ServerMessage::Pong(_)
            | ServerMessage::Closing(_)
            | ServerMessage::Reserved(_) => {}
        }
    }
}
