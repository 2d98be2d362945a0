//! Worlds with rooms of durable types: those that an earlier process saved, and those that are to
//! be saved.

use parlour_tick::{RoomStatus, WorldId, WorldKind};

use super::{
    turn::{State, Turn},
    worlds::WorldState,
};
use crate::freeze_order::DurableWorld;

/// The worlds with which a desk starts.
#[derive(Debug, Default)]
pub(crate) struct ThawedWorlds {
    pub(crate) worlds: Vec<ThawedWorld>,
    /// The id of the first world, at least 1.
    pub(crate) first_id: u32,
}

/// A world that an earlier process saved. Nobody is in it.
#[derive(Clone, Debug)]
pub(crate) struct ThawedWorld {
    pub(crate) name: String,
    pub(crate) kind: WorldKind,
    /// Its rooms, at least one.
    pub(crate) rooms: Vec<RoomStatus>,
}

/// Adds worlds, and asks for them to be built. Their rooms exist from now on: a session that joins
/// one waits for its world. Shared worlds of a kind are spread over the threads in order, so that
/// the first one is on the first thread.
pub(super) fn add(turn: &mut Turn, thawed: impl IntoIterator<Item = ThawedWorld>) {
    for ThawedWorld { name, kind, rooms } in thawed {
        let worlds = &turn.state.worlds;
        let thread = match kind {
            WorldKind::Own { .. } => worlds.threads.idlest(),
            WorldKind::Main | WorldKind::Shared { .. } => {
                let alike = worlds.iter().filter(|(_, world)| world.kind == kind);
                alike.count() % worlds.threads.len()
            }
        };
        let world = turn.create_named_world(kind, thread, Some(name));
        for status in rooms {
            turn.state.rooms.report(world, status);
        }
    }
}

/// Returns the worlds that have a room of a durable type, by id, and their states.
pub(super) fn list(state: &State) -> Vec<(DurableWorld, WorldState)> {
    let durable = |room: &str| {
        let room_type = room.split('/').next();
        let mut types = state.config.types.iter();
        types.any(|known| known.durable && Some(known.config.name.as_str()) == room_type)
    };
    let mut worlds: Vec<WorldId> = state
        .rooms
        .iter()
        .filter(|(name, _)| durable(name))
        .map(|(_, room)| room.world)
        .collect();
    worlds.sort_unstable();
    worlds.dedup();
    let described = |id: WorldId| {
        let world = state.worlds.get(id)?;
        let durable = DurableWorld {
            world: id,
            name: world.name.clone(),
            thread: world.thread,
            rooms: state.rooms.count_in(id),
            players: state.rooms.players_in(id),
        };
        Some((durable, world.state))
    };
    worlds.into_iter().filter_map(described).collect()
}
