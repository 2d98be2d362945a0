//! What a message from the server means to a player.

use std::time::Duration;

use parlour_shared::{
    ids::Tick,
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
    /// The player left its room, and may be about to enter another.
    Left(RoomLeft),
    /// The view is that of a newer tick: [`crate::Client::view`]. What changed is in
    /// [`crate::Client::snapshot`].
    Snapshot {
        /// How the own motion compares with the prediction; `None` if that is a violation, and for a client
        /// that only watches.
        own: Option<Agreement>,
        /// The command that was applied last and how early it came, if the snapshot says so.
        ack: Option<Ack>,
    },
    /// Somebody said something.
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
    /// Time to sample the player's input, for this tick. Not from the server: a connection gives it if its program asked
    /// for it (`Options::frames`).
    Frame {
        /// The tick that a heading reaches that is steered now.
        tick: Tick,
    },
}

/// An event, and what was wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What happened. The client has taken it in.
    pub event: Event,
    /// A promise of the server that this message broke, if the client can go on after it.
    pub violation: Option<Violation>,
}

impl Received {
    /// The event, if the message kept all promises.
    ///
    /// # Errors
    /// The [`Violation`] otherwise.
    pub fn into_result(self) -> Result<Event, Violation> {
        match self.violation {
            None => Ok(self.event),
            Some(violation) => Err(violation),
        }
    }
}

impl From<Event> for Received {
    fn from(event: Event) -> Self {
        Self {
            event,
            violation: None,
        }
    }
}
