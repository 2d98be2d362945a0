//! What a world reports to its node: the facts that the node needs to seat players.

use parlour_shared::{
    ids::{Epoch, SessionId},
    message::{Property, Request},
};

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
        /// The epoch of the room.
        epoch: Epoch,
    },
    /// Seats are reserved, after [`crate::EventKind::Reserve`].
    Reserved {
        /// The session.
        session: SessionId,
        /// The ticket.
        ticket: String,
        /// The name of the room.
        room: String,
    },
    /// A join, leave or reservation was refused, and the session was sent the refusal. The player
    /// stays where it was. Every join and every reservation is answered by one report.
    JoinRefused {
        /// The session.
        session: SessionId,
        /// The request.
        request: Request,
    },
    /// The player left its room as it asked, and is now in none.
    LeftRoom {
        /// The session.
        session: SessionId,
    },
    /// The player went through a door into a room that is not in this world. It stays where it is
    /// until the node has found a seat. The doors of its room are shut for it for a second, so that
    /// the node is not asked again at once.
    Door {
        /// The session.
        session: SessionId,
        /// The name of the room.
        room: String,
        /// The name of the spawn point.
        spawn: String,
    },
    /// A room was created or its status may have changed. At most one for each room and tick. A
    /// world that was loaded reports all its rooms in its first tick.
    Room(RoomStatus),
    /// A room was removed.
    RoomRemoved {
        /// The name of the room.
        room: String,
    },
}

/// The facts about a room by which a node chooses one for a player.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomStatus {
    /// The name.
    pub room: String,
    /// The type.
    pub room_type: String,
    /// The number of players.
    pub players: u32,
    /// The number of reserved seats that nobody has taken yet.
    pub reserved: u32,
    /// The maximum number of players and reserved seats.
    pub capacity: u32,
    /// Whether the room admits nobody now.
    pub locked: bool,
    /// Whether only clients that know the name may enter.
    pub private: bool,
    /// The properties that the room publishes, by key.
    pub properties: Vec<Property>,
}
