//! The events that a client returns for the server's messages.

use std::time::Duration;

use parlour_shared::{
    ids::Tick,
    message::{Accepted, ChatSaid, Closing, CustomSaid, Refused, Reserved, RoomLeft, StateChanged},
    snapshot::Ack,
};

use crate::{prediction::Agreement, violation::Violation};

/// A message of the server that the client has applied, or the moment to sample the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session is open. [`crate::Client::welcome`] has the contents.
    Welcome,
    /// The session goes on over a new connection. All messages that the old one lost follow.
    Resumed {
        /// Whether some of them are lost. The client then knows no room until
        /// [`Event::Entered`] follows, and no request will be answered.
        reset: bool,
    },
    /// The player entered a room. [`crate::Client::room`] describes it. Each room counts its own
    /// ticks, so [`crate::Client::tick_at`] may be lower than before.
    Entered,
    /// The player left its room. If it moves to a different room, [`Event::Entered`] follows. If
    /// the room has ended, the server may also move the player to a different room.
    Left(RoomLeft),
    /// The room changed. [`crate::Client::view`] has its players, and [`crate::Client::snapshot`]
    /// the changes.
    Snapshot {
        /// The comparison of the player's own motion with its prediction, or `None` on a violation
        /// and for a spectator.
        own: Option<Agreement>,
        /// The last command that the server applied, and how early it arrived, or `None` if
        /// the snapshot has no acknowledgement.
        ack: Option<Ack>,
    },
    /// A player sent a chat message.
    Chat(ChatSaid),
    /// The room's state changed. [`crate::Client::state`] returns it.
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
    /// Seats are reserved. Join with [`JoinRequest::from`](crate::JoinRequest) this, and give room
    /// and ticket to the other players of the group.
    Reserved(Reserved),
    /// It is time to sample the player's input. This event is not from the server: a connection
    /// returns it if `Options::frames` is set.
    Frame {
        /// The tick at which a heading takes effect if [`crate::Connection::steer`] sets it now.
        tick: Tick,
    },
}

/// An event, and the violation in its message, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// The event. The client has already applied it.
    pub event: Event,
    /// A violation in this message that the client can survive, if there is one.
    pub violation: Option<Violation>,
}

impl ReceivedEvent {
    /// Returns the event, if the message contained no violation.
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
