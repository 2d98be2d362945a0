//! The chat messages of a tick and their listeners, from the world's output.

use parlour_shared::{
    codec,
    ids::SessionId,
    message::{ChatSaid, ServerKind, ServerMessage},
};
use parlour_tick::{Lane, TickOutput};

/// A chat message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChatHeard {
    /// The chat, as its first listener received it.
    pub(super) chat: ChatSaid,
    /// The sessions that heard it, including the speaker.
    pub(super) heard_by: Vec<SessionId>,
    /// The start of the last listener's message. Listeners with the same bytes heard the same chat.
    start: u32,
}

/// Returns the chat messages of a tick, in order.
pub(super) fn chat_heard(output: &TickOutput) -> Vec<ChatHeard> {
    let mut said: Vec<ChatHeard> = Vec::new();
    for frame in output.frames.iter().filter(|frame| frame.lane == Lane::Reliable) {
        let payload = output.payload(frame);
        if ServerKind::of(payload) != Some(ServerKind::Chat) {
            continue;
        }
        if let Some(same) = said.iter_mut().find(|said| said.start == frame.start) {
            same.heard_by.push(frame.session);
            continue;
        }
        let Ok(ServerMessage::Chat(chat)) = codec::decode_server(payload) else {
            continue;
        };
        // A near chat has a different number for each listener. If a listener received it twice,
        // there were two chats.
        let same = said
            .iter_mut()
            .find(|said| is_same(&said.chat, &chat) && !said.heard_by.contains(&frame.session));
        match same {
            Some(same) => {
                same.heard_by.push(frame.session);
                same.start = frame.start;
            }
            None => said.push(ChatHeard {
                chat,
                heard_by: vec![frame.session],
                start: frame.start,
            }),
        }
    }
    for said in &mut said {
        said.heard_by.sort_unstable();
    }
    said
}

fn is_same(one: &ChatSaid, other: &ChatSaid) -> bool {
    (one.player, one.scope, &one.text) == (other.player, other.scope, &other.text)
}
