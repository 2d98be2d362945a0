//! The actions that the desk requests from its thread.

use std::time::Instant;

use parlour_shared::{
    close::CloseCode,
    ids::SessionId,
    message::{ClientMessage, ServerMessage},
};
use parlour_tick::{Arrival, Reservation, WorldKind};

use crate::bridge::route::WorldPlace;

/// Something that the thread of the desk does for it. The order of the actions matters.
#[derive(Debug)]
pub(crate) enum DeskAction {
    /// Sends an event of a session to a world. The session need not be in that world.
    ToWorld {
        place: WorldPlace,
        session: SessionId,
        io_thread: usize,
        event: WorldEvent,
    },
    /// Builds a world, starts it on this tick thread, and then reports `Created`.
    Create {
        place: WorldPlace,
        name: String,
        kind: WorldKind,
    },
    /// Takes a world that runs off its tick thread, and then reports `Taken`.
    Take { place: WorldPlace },
    /// Rebuilds a world that panicked or was taken, restores it on its tick thread, and then
    /// reports `Rebuilt`.
    Rebuild { place: WorldPlace },
    /// Drops a world and then reports `Ended`. Nobody is in it.
    End { place: WorldPlace },
    /// Sends a message to a client.
    Send {
        session: SessionId,
        message: ServerMessage,
    },
    /// Closes the connection of a session. The desk has already forgotten the session.
    Close { session: SessionId, code: CloseCode },
    /// Allows the I/O thread to send the session's events directly to this world, if `number` is
    /// the number of the session's last event. Otherwise newer events are on their way to the desk,
    /// which places the session again.
    Place {
        session: SessionId,
        place: WorldPlace,
        number: u32,
    },
    /// Asks the I/O thread to send the session's events to the desk, and to answer with
    /// `Recalled` in any case.
    Recall { session: SessionId },
}

/// An event of a session for a world. Only these come from the desk: its thread adds the command
/// that says when the session is placed, and sends all as
/// [`SessionCommand`](crate::bridge::commands::SessionCommand).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WorldEvent {
    Arrive {
        player: Arrival,
        held: bool,
    },
    Depart,
    Hold,
    Release,
    Message {
        arrived: Instant,
        message: ClientMessage,
    },
    /// Seats in a room. With `join.ticket`, they are taken from the seats of that ticket.
    Reserve(Box<Reservation>),
}
