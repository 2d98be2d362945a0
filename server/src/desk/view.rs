//! What `GET /worlds` shows of the desk.

use parlour_tick::{RoomStatus, WorldId, WorldKind};

/// A world, as the desk sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorldView {
    pub(crate) world: WorldId,
    pub(crate) name: String,
    pub(crate) thread: usize,
    pub(crate) kind: WorldKind,
    pub(crate) state: WorldState,
    /// The number of rooms.
    pub(crate) rooms: usize,
    /// The number of players in its rooms.
    pub(crate) players: u32,
    /// The number of sessions in it, with those that are about to leave.
    pub(crate) sessions: usize,
    pub(crate) panics: u32,
    pub(crate) restarts: u32,
}

/// The state of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldState {
    /// It is being built.
    Creating,
    Running,
    /// It panicked, and is being rebuilt.
    Rebuilding,
    /// It panicked too often, and its sessions are leaving; or it is no longer needed.
    Ending,
}

/// A room, as the desk sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoomView {
    pub(crate) world: WorldId,
    pub(crate) status: RoomStatus,
}
