//! The sessions: where each one is, and what it waits for.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use parlour_shared::{
    ids::{Epoch, SessionId},
    message::{ClientMessage, Join, Request},
};
use parlour_tick::{Arrival, Reservation, WorldId};

use super::limits::SessionLimits;
use crate::{auth::RoomGrants, bridge::link_state::LinkState};

/// Messages that wait for a session to be settled. 64 are one second of movement. Of more, requests
/// are refused and other messages dropped.
pub(super) const MAX_QUEUE: usize = 64;

/// Leaves whose answers are awaited. If a client sends more of them within a tick, the answers to
/// the oldest are taken for answers to joins with the same number.
const MAX_LEAVES: usize = 64;

/// All open sessions.
pub(super) type Sessions = BTreeMap<SessionId, Session>;

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) io_thread: usize,
    /// The player as of its last departure, while it is in a world.
    pub(super) player: Arrival,
    pub(super) link: LinkState,
    /// The number of the last event that arrived here.
    pub(super) number: u32,
    /// Whether the I/O thread may send to the world directly: it was allowed to, and has sent
    /// nothing here since.
    pub(super) direct: bool,
    /// Whether a recall is not answered yet.
    pub(super) recalled: bool,
    pub(super) place: SessionPlace,
    pub(super) step: Step,
    /// A reservation for a group that its world has not answered.
    pub(super) group: Option<Group>,
    /// The leaves that its world has not answered, in order. They differ from joins only in that
    /// the session does not wait for them.
    pub(super) leaves: VecDeque<Request>,
    /// What to do as soon as no step and no reservation is under way.
    pub(super) errand: Option<Errand>,
    /// Messages that wait for that.
    pub(super) queue: VecDeque<Queued>,
    pub(super) limits: SessionLimits,
    /// The rooms that the user may join. `None`: all.
    pub(super) grants: Option<RoomGrants>,
}

/// Where a session is: always in exactly one world, or in the lobby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SessionPlace {
    Lobby,
    /// From the moment at which the arrival is on its way, until the world has reported the
    /// departure.
    In {
        world: WorldId,
        room: Option<EnteredRoom>,
    },
}

/// The room in which a player is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EnteredRoom {
    pub(super) name: String,
    pub(super) epoch: Epoch,
}

/// What a session waits for. Its messages wait with it.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing.
    Idle,
    /// The world to which it wants to go is being built.
    Building(Box<Goal>),
    /// The world to which it wants to go has been asked for a seat.
    Seating { goal: Box<Goal>, ticket: String },
    /// It is about to leave its world. Its I/O thread has been asked to stop sending there, so that
    /// no message arrives after the departure.
    Recalling(Trip),
    /// Its world has been sent the departure.
    Departing(Trip),
    /// The world in which it is has been sent a join.
    Joining(Box<Goal>),
}

/// Where a session goes that leaves a world.
#[derive(Debug)]
pub(super) enum Trip {
    Lobby,
    To { goal: Box<Goal>, ticket: String },
}

/// The room in which a session wants to be.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) world: WorldId,
    /// The join, with the name of the room.
    pub(super) join: Join,
    /// When the client's message arrived.
    pub(super) arrived: Instant,
    pub(super) spawn: Option<String>,
    pub(super) reason: Reason,
    /// Whether it has left a world for this.
    pub(super) travelled: bool,
}

/// Why a session goes somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The client asked for it.
    Join,
    /// The player went through a door.
    Door,
    /// Its room is gone, and this is the fallback. If it fails, the session is closed or stays in
    /// the lobby.
    Fallback { or_close: bool },
}

/// A reservation for a group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) world: WorldId,
    pub(super) reservation: Box<Reservation>,
}

/// Something that a session does by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// It goes through a door of the world in which it is.
    Door { room: String, spawn: String },
    /// It goes from the lobby to the fallback room. `None`: it is closed.
    Fallback { room: Option<String>, or_close: bool },
}

/// A message that waits.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) arrived: Instant,
    pub(super) message: ClientMessage,
}

impl Session {
    /// Returns a session that has just opened.
    pub(super) fn new(io_thread: usize, player: Arrival, grants: Option<RoomGrants>) -> Self {
        Self {
            io_thread,
            player,
            link: LinkState::default(),
            number: 0,
            direct: false,
            recalled: false,
            place: SessionPlace::Lobby,
            step: Step::Idle,
            group: None,
            leaves: VecDeque::new(),
            errand: None,
            queue: VecDeque::new(),
            limits: SessionLimits::default(),
            grants,
        }
    }

    /// Returns the world in which the session is.
    pub(super) fn world(&self) -> Option<WorldId> {
        match self.place {
            SessionPlace::Lobby => None,
            SessionPlace::In { world, .. } => Some(world),
        }
    }

    /// Returns the room in which the player is.
    pub(super) fn room(&self) -> Option<&EnteredRoom> {
        match &self.place {
            SessionPlace::Lobby => None,
            SessionPlace::In { room, .. } => room.as_ref(),
        }
    }

    /// Notes a leave that is sent to the world.
    pub(super) fn leaving(&mut self, request: Request) {
        if self.leaves.len() == MAX_LEAVES {
            self.leaves.pop_front();
        }
        self.leaves.push_back(request);
    }

    /// The world has refused or lost a request with this number. Returns whether it was a leave.
    pub(super) fn was_leave(&mut self, request: Request) -> bool {
        let was_leave = self.leaves.front() == Some(&request);
        if was_leave {
            self.leaves.pop_front();
        }
        was_leave
    }

    /// Whether the session has nothing to wait for.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.step, Step::Idle)
    }

    /// Ends the current step and returns it.
    pub(super) fn take_step(&mut self) -> Step {
        std::mem::replace(&mut self.step, Step::Idle)
    }
}
