//! What a world reports to its node: the facts that the node needs to seat players.

use parlour_shared::{ids::SessionId, message::Request};

use crate::Arrival;

/// A fact about one session or one room, from the tick in which it became true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The session left this world, after [`crate::EventKind::Depart`].
    Departed {
        /// The session.
        session: SessionId,
        /// The player, for the next world that it enters.
        player: Arrival,
    },
    /// The player entered a room.
    Entered {
        /// The session.
        session: SessionId,
        /// The join that this answers; 0 after a door.
        request: Request,
        /// The name of the room.
        room: String,
    },
    /// A join was refused. The player stays where it was.
    JoinRefused {
        /// The session.
        session: SessionId,
        /// The join.
        request: Request,
    },
    /// The player left its room, and is now in none.
    LeftRoom {
        /// The session.
        session: SessionId,
    },
    /// The player went through a door into a room that this world cannot create. It stays where it
    /// is until the node has found a seat.
    Door {
        /// The session.
        session: SessionId,
        /// The name of the room.
        room: String,
        /// The name of the spawn point.
        spawn: String,
    },
}
