//! The events that the desk handles.
//!
//! Every I/O thread numbers the events of a session: the opening is 0, and each message, hold,
//! release, recall and close has the next number. The numbers wrap. They keep a session's events in
//! order although they take two ways, through the desk and directly to the world: the desk allows
//! the direct way after the event with a certain number. The permission has no effect if the I/O
//! thread has already given a later number.

use std::time::Instant;

use parlour_shared::{
    close::CloseCode,
    ids::{SessionId, Tick},
    message::ClientMessage,
};
use parlour_tick::{Arrival, Report, WorldId};

use crate::{
    auth::RoomGrants,
    bridge::{fault::Fault, link_state::LinkState, reports::LostRequest},
};

/// Something happened outside the desk.
#[derive(Debug)]
pub(crate) enum DeskEvent {
    /// A session opened. Its events go to the desk until the desk places it.
    Opened {
        session: SessionId,
        /// The I/O thread of its connection.
        io_thread: usize,
        player: Arrival,
        /// The rooms that the user may join. `None`: all.
        grants: Option<RoomGrants>,
    },
    /// The connection of a session ended.
    Closed { session: SessionId, number: u32 },
    /// The link of a session changed. An I/O thread that stops sending a session's events directly
    /// to a world sends this first if the state of its link differs from the last one that it
    /// reported to the desk.
    Link {
        session: SessionId,
        number: u32,
        link: LinkState,
    },
    /// A client sent a message. A join, a leave or a reservation always goes to the desk, and so
    /// does everything after it until the desk places the session.
    Message {
        session: SessionId,
        number: u32,
        arrived: Instant,
        message: ClientMessage,
    },
    /// Answers every [`super::DeskAction::Recall`]: from now on the session's events go to the
    /// desk.
    Recalled { session: SessionId, number: u32 },
    /// The output of a tick of a world, as far as it concerns the desk. The I/O threads already
    /// have the frames of the tick, and close the listed sessions.
    World {
        world: WorldId,
        reports: Vec<Report>,
        closes: Vec<(SessionId, CloseCode)>,
    },
    /// A world panicked in this tick, which has not happened for anybody. Its slot keeps the guests
    /// and collects events. It has put back the departures, holds and releases of the tick.
    Panicked {
        world: WorldId,
        tick: Tick,
        fault: Fault,
        /// The arrivals and requests of the tick, in order, and the sessions that sent movement
        /// commands. Other messages that are never answered are not listed.
        lost: Vec<LostRequest>,
    },
    /// Answers [`super::DeskAction::Take`]: before this tick, the world was taken from its tick
    /// thread, where its slot keeps the guests and collects events. A world that had just panicked
    /// reports that instead.
    Taken { world: WorldId, tick: Tick },
    /// Answers [`super::DeskAction::Leave`]: the world left its tick thread with its guests and the
    /// events for its next tick. A world that had just panicked reports that instead.
    Left { world: WorldId },
    /// A world was dropped, after [`super::DeskAction::End`] or because its thread cannot go on
    /// with it. It had collected these requests.
    Ended { world: WorldId, lost: Vec<LostRequest> },
    /// Answers [`super::DeskAction::Rebuild`]: the world runs again, or it cannot be rebuilt.
    Rebuilt { world: WorldId, ok: bool },
    /// Answers [`super::DeskAction::Create`]: the world runs, or the reason why it does not.
    Created { world: WorldId, ok: Result<(), String> },
    /// The server stops, and begins to save its durable worlds. From now on, no world and no room
    /// is made, and no world is restarted or moved.
    Stopping,
    /// The share of its time that a tick thread used in the last second.
    Load { thread: usize, load: f32 },
    /// A tick thread finished no tick lately (`stands`), or ticks again.
    Standing { thread: usize, stands: bool },
    /// The ticks of this world's thread took longer than their period on average, over the last
    /// second and also without the longest of them. Of all its worlds, the steps of this one took
    /// the largest share of that second.
    Overran { world: WorldId, share: f32 },
}
