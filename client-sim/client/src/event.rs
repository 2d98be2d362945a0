//! The events that a client makes of the server's messages.

use std::time::Duration;

use parlour_shared::{
    ids::Tick,
    message::{Accepted, ChatSaid, Closing, CustomSaid, Refused, RoomLeft, StateChanged},
    snapshot::Ack,
};

use crate::{prediction::Agreement, violation::Violation};

/// One message of the server, after the client has applied it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session is open: [`crate::Client::welcome`].
    Welcome,
    /// The player is in a room now: [`crate::Client::room`].
    Entered,
    /// The player left its room, and may be about to enter another.
    Left(RoomLeft),
    /// The view is that of a newer tick: [`crate::Client::view`]. [`crate::Client::snapshot`] has
    /// the changes.
    Snapshot {
        /// How the player's own motion compares with the prediction; `None` on a violation, and for
        /// a spectator.
        own: Option<Agreement>,
        /// The last command that was applied and how early it arrived; `None` if the snapshot does
        /// not say.
        ack: Option<Ack>,
    },
    /// Somebody said something.
    Chat(ChatSaid),
    /// The room's state changed: [`crate::Client::state`].
    StateChanged(StateChanged),
    /// The server accepted a request.
    Accepted(Accepted),
    /// The server refused a request.
    Refused(Refused),
    /// The server answered a ping.
    Pong {
        /// The round trip.
        rtt: Duration,
    },
    /// A message from a plugin.
    Custom(CustomSaid),
    /// The server is about to close the connection.
    Closing(Closing),
    /// Time to sample the player's input, for this tick. Not from the server: a connection returns
    /// it if its program asked for it (`Options::frames`).
    Frame {
        /// The tick that a heading reaches if it is steered now.
        tick: Tick,
    },
}

/// An event, and the violation that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// What happened. The client has already applied it.
    pub event: Event,
    /// A violation in this message after which the client can continue; `None` if there was none.
    pub violation: Option<Violation>,
}

impl ReceivedEvent {
    /// Returns the event, if the message came without a violation.
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

impl From<Event> for ReceivedEvent {
    fn from(event: Event) -> Self {
        Self {
            event,
            violation: None,
        }
    }
}
