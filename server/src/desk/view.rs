//! What `GET /worlds` shows of the desk.

use parlour_tick::{RoomStatus, WorldId, WorldKind};

use super::{
    rooms::{KnownRoom, KnownRooms},
    worlds::{KnownWorld, KnownWorlds, WorldPanic, WorldState},
};

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
    pub(crate) last_panic: Option<WorldPanic>,
}

/// A room, as the desk sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoomView {
    pub(crate) world: WorldId,
    pub(crate) status: RoomStatus,
}

pub(super) fn worlds(worlds: &KnownWorlds, rooms: &KnownRooms) -> Vec<WorldView> {
    let view = |(id, world): (WorldId, &KnownWorld)| WorldView {
        world: id,
        name: world.name.clone(),
        thread: world.thread,
        kind: world.kind.clone(),
        state: world.state,
        rooms: rooms.count_in(id),
        players: rooms.players_in(id),
        sessions: world.guests().len(),
        panics: world.panics,
        restarts: world.restarts,
        last_panic: world.last_panic.clone(),
    };
    worlds.iter().map(view).collect()
}

pub(super) fn rooms(rooms: &KnownRooms) -> Vec<RoomView> {
    let view = |(_, room): (&str, &KnownRoom)| {
        Some(RoomView {
            world: room.world,
            status: room.status.clone()?,
        })
    };
    rooms.iter().filter_map(view).collect()
}
