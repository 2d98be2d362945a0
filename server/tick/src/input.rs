//! Everything that can change the world.

use parlour_shared::{
    ids::SessionId,
    message::{ClientMessage, Join},
};

use crate::{Arrival, Pace};

/// The events since the last tick, in canonical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickInput {
    /// Sorted by session; the events of one session are in order of arrival.
    pub events: Vec<Event>,
    /// How often viewers are sent snapshots. Like holds, it affects only what is sent, never the
    /// world.
    pub pace: Pace,
}

impl TickInput {
    /// Sorts events that several threads collected into canonical order.
    pub fn sort(&mut self) {
        // The sort is stable, so it keeps the order within a session.
        self.events.sort_by_key(|event| event.session);
    }
}

/// One event of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The session.
    pub session: SessionId,
    /// What happened.
    pub kind: EventKind,
}

/// A request for seats in a room of this world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reservation {
    /// The ticket that a later join must name: 1 to `MAX_TICKET_BYTES` bytes. The node chooses it.
    pub ticket: String,
    /// The number of seats, 1 to `MAX_RESERVED_SEATS`.
    pub seats: u8,
    /// The room, which is created if it does not exist and the mode allows it. If the join has a
    /// ticket, the seats are taken from the reservation of that ticket, and the room is its room.
    pub join: Join,
    /// The spawn point at which players with the ticket enter, for a traveller that went through a
    /// door. After that, doors are shut for it for a second.
    pub spawn: Option<String>,
    /// Whether the session is sent the ticket. `false`: the node has asked for a traveller.
    pub answer: bool,
}

/// The kinds of events of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The session enters this world: it has just opened, or comes from a different world. This is
    /// the first event of every session in a world. Ignored if the session or the player is already
    /// in this world.
    Arrive(Arrival),
    /// The session leaves this world: it is over, or continues in a different world. The output
    /// reports the departure. It may still have frames for the session: if the player is in a room,
    /// it is sent `room_left`.
    Depart,
    /// Seats are needed in a room. The session need not be in this world. A session has at most one
    /// reservation of each kind (answered or not) in a world: a new one replaces it.
    Reserve(Box<Reservation>),
    /// The connection cannot take snapshots for now. Changes are kept as state and not queued.
    Hold,
    /// The connection can take snapshots again. The next one is relative to the last one it was
    /// sent.
    Release,
    /// The link of the session is lost. Its player stays in the world as a dropped one: it keeps
    /// its seat, and its viewer is sent no snapshots. Reliable messages for it are still in the
    /// output. Ends a hold. Ignored if the player is already dropped.
    Drop,
    /// The session has a link again, or a new link has replaced one whose loss was not noticed.
    /// The next snapshot is full. Ends a hold.
    Resume {
        /// Whether messages of the session were lost. Then it is sent its room again, as when it
        /// entered.
        reset: bool,
    },
    /// The client sent a message.
    Message {
        /// How long before the deadline of this tick it arrived, in units of 0.1 ms; saturates at
        /// 3.2 s.
        early: i16,
        /// The message. Never a hello or ping: the edge answers those. The text of a chat is the
        /// result of `parlour_shared::text::clean_chat`, or empty if that returned an error. The
        /// world answers an empty text with `bad_text`, in order, and still charges the rate limit.
        /// So the world never depends on a Unicode table.
        message: ClientMessage,
    },
}
