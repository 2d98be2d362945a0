//! What a message from the server means to a player.

use std::time::Duration;

use parlour_shared::{
    message::{Accepted, ChatSaid, Closing, CustomSaid, Refused, RoomLeft, StateChanged},
    snapshot::Ack,
};

use crate::{prediction::Agreement, violation::Violation};

/// One message of the server, after the client has taken it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session is open: [`crate::Client::welcome`].
    Welcome,
    /// The player is in a room now: [`crate::Client::room`].
    Entered,
    /// The player is in no room now, or about to enter another.
    Left(RoomLeft),
    /// The view is that of a newer tick: [`crate::Client::view`]. What changed is in
    /// [`crate::Client::snapshot`].
    Snapshot {
        /// How the own motion compares with the prediction; none if that is a violation, or if one only watches.
        own: Option<Agreement>,
        /// The command that was applied last and how early it came, if the snapshot says so.
        ack: Option<Ack>,
    },
    /// Someone said something.
    Chat(ChatSaid),
    /// The room's state changed: [`crate::Client::state`].
    StateChanged(StateChanged),
    /// A request was done.
    Accepted(Accepted),
    /// A request was not done.
    Refused(Refused),
    /// A ping came back.
    Pong {
        /// The round trip.
        rtt: Duration,
    },
    /// Something from a plugin.
    Custom(CustomSaid),
    /// The server is about to close the connection.
    Closing(Closing),
}

/// An event, and what was wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What happened. The client has taken it in.
    pub event: Event,
    /// A promise of the server that this message broke, although one can go on after it.
    pub violation: Option<Violation>,
}

impl From<Event> for Received {
    fn from(event: Event) -> Self {
        Self {
            event,
            violation: None,
        }
    }
}
