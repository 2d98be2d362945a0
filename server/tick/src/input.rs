//! Everything that may change the world.

use parlour_shared::{ids::SessionId, message::ClientMessage};

use crate::Pace;

/// What happened since the last tick, in canonical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickInput {
    /// By session; of one session in the order of arrival.
    pub events: Vec<Event>,
    /// How often viewers are sent snapshots. As held links, it decides only what is sent, never the
    /// world.
    pub pace: Pace,
}

impl TickInput {
    /// Brings events that were collected from several threads into canonical order.
    pub fn sort(&mut self) {
        // Stable, so the order within a session stays.
        self.events.sort_by_key(|event| event.session);
    }
}

/// One thing that happened to one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub session: SessionId,
    /// What.
    pub kind: EventKind,
}

/// What can happen to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It begins: the first event of every session. The answer is a welcome.
    Open {
        /// The name that others shall see, from `parlour_shared::text::clean_name`. The world looks
        /// at its length only: if it is empty or longer than a name can be, it makes one up.
        name: String,
    },
    /// It is over: the player leaves, and the id does not come back. What was meant for it in this
    /// tick, before it went, may still be in the output: whoever delivers it finds nobody there.
    Close,
    /// It cannot take snapshots for now: what changes is kept as state, not queued.
    Hold,
    /// It can take snapshots again: the next one is relative to the last it was sent.
    Release,
    /// It said something.
    Message {
        /// How long before the deadline of this tick it arrived, in 0.1 ms; saturates at 3.2 s.
        early: i16,
        /// What. A hello or ping is answered by the edge and must not come here. The text of a chat
        /// is the result of `parlour_shared::text::clean_chat`, or empty if that refused it. The
        /// world answers an empty text with `bad_text`, in its turn, and takes a token for it. So
        /// no table of Unicode decides anything in the world.
        message: ClientMessage,
    },
}
