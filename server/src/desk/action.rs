//! The actions that the desk requests from its thread.

use std::time::Instant;

use parlour_shared::{
    close::CloseCode,
    ids::{SessionId, Tick},
    message::{ClientMessage, ServerMessage},
};
use parlour_tick::{Arrival, Reservation, WorldId, WorldKind};

use crate::bridge::{link_state::LinkState, route::WorldPlace};

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
    /// Rebuilds a world as it was before this tick, in which it panicked or before which it was
    /// taken. Then restores it on its tick thread, and reports `Rebuilt`.
    Rebuild { place: WorldPlace, tick: Tick },
    /// Lets a world that runs leave its tick thread, and then reports `Left`.
    Leave { place: WorldPlace },
    /// Lets a world that left a tick thread enter this one. In the same call in which the desk
    /// handles `Left`.
    Enter { place: WorldPlace },
    /// Drops a world and then reports `Ended`. Nobody is in it.
    End { place: WorldPlace },
    /// Sends a message to a client.
    Send {
        session: SessionId,
        io_thread: usize,
        message: ServerMessage,
    },
    /// Closes the connection of a session. The desk has already forgotten the session.
    Close {
        session: SessionId,
        io_thread: usize,
        code: CloseCode,
    },
    /// Allows the I/O thread to send the session's events directly to this world, if `number` is
    /// the number of the session's last event. Otherwise newer events are on their way to the desk,
    /// which places the session again.
    Place {
        session: SessionId,
        io_thread: usize,
        place: WorldPlace,
        number: u32,
        /// The state of its link, for the world: an earlier direct event that says it may be late,
        /// or lost in a move of the world.
        link: LinkState,
    },
    /// Asks the I/O thread to send the session's events to the desk, and to answer with
    /// `Recalled` in any case.
    Recall { session: SessionId, io_thread: usize },
    /// Warns the operator of a world that makes its thread late.
    WarnLate {
        world: WorldId,
        /// What is done about it.
        outcome: &'static str,
    },
}

/// An event of a session for a world. Only these come from the desk: its thread adds the command
/// that says when the session is placed, and sends all as
/// [`SessionCommand`](crate::bridge::commands::SessionCommand).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WorldEvent {
    Arrive {
        player: Arrival,
        link: LinkState,
    },
    Depart,
    Link(LinkState),
    Message {
        arrived: Instant,
        message: ClientMessage,
    },
    /// Seats in a room. With `join.ticket`, they are taken from the seats of that ticket.
    Reserve(Box<Reservation>),
}
