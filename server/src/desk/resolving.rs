//! Finds the room and the world that a join means.

use parlour_shared::{
    ids::SessionId,
    limits::{MAX_PROPERTIES, MAX_PROPERTY_VALUE_BYTES},
    message::{Join, JoinMode, Property, Refusal},
    text::{RoomName, is_state_key},
};
use parlour_tick::{WorldId, WorldKind};

use super::{
    config::WorldSharing,
    random_name,
    rooms::ExpectedRoom,
    turn::Turn,
    worlds::{KnownWorld, WorldState},
};

/// The room that a join means.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) world: WorldId,
    /// The join for that world: with the full name of the room, and a mode that a world knows.
    pub(super) join: Join,
    /// The seats that are not reserved yet.
    pub(super) seats: u32,
}

/// Finds or chooses the room, and its world. A room that does not exist is expected from now on, so
/// the caller must claim its seats in the same turn.
pub(super) fn resolve(
    turn: &mut Turn,
    id: SessionId,
    join: Join,
    seats: u32,
    by_door: bool,
) -> Result<Resolved, Refusal> {
    check_options(&join.options)?;
    if let Some(ticket) = &join.ticket {
        return with_ticket(turn, ticket).map(|(world, room)| Resolved {
            world,
            join: Join { room, ..join },
            seats: 0,
        });
    }
    let name = RoomName::parse(&join.room).ok_or(Refusal::NoSuchRoom)?;
    let is_type = name.instance.is_empty() && !join.room.contains('/');
    turn.type_of(name.room_type).ok_or(Refusal::NoSuchRoom)?;
    let (room, mode) = match join.mode {
        JoinMode::Enter | JoinMode::Existing => (join.room.clone(), join.mode),
        // A door out of a private room names the room behind it.
        JoinMode::Private if by_door => (join.room.clone(), join.mode),
        _ if !is_type => return Err(Refusal::NoSuchRoom),
        JoinMode::New => (new_room(turn, &join.room), JoinMode::Enter),
        JoinMode::Private => (new_room(turn, &join.room), JoinMode::Private),
        JoinMode::Any => {
            let present = turn.state.sessions.get(&id).and_then(|session| session.room());
            let present = present.map(|room| room.name.as_str());
            let worlds = &turn.state.worlds;
            let is_open = |room: &str, world| Some(room) != present && worlds.ticks(world);
            let rooms = &turn.state.rooms;
            let found = rooms.fullest(&join.room, seats, &join.options, is_open);
            let room = found.map(str::to_owned);
            (
                room.unwrap_or_else(|| new_room(turn, &join.room)),
                JoinMode::Enter,
            )
        }
    };
    let join = Join { room, mode, ..join };
    let world = match turn.state.rooms.get(&join.room) {
        Some(room) => room.world,
        None if join.mode == JoinMode::Existing => return Err(Refusal::NoSuchRoom),
        None if turn.state.is_stopping => return Err(Refusal::TooManyRooms),
        None => create(turn, &join)?,
    };
    let is_creating = |world: &KnownWorld| world.state == WorldState::Creating;
    if turn.state.is_stopping && turn.state.worlds.get(world).is_some_and(is_creating) {
        return Err(Refusal::TooManyRooms);
    }
    Ok(Resolved { world, join, seats })
}

/// At most 8 options with different and valid keys. [`create`] checks which ones the type has.
fn check_options(options: &[Property]) -> Result<(), Refusal> {
    let fits =
        |option: &Property| is_state_key(&option.key) && option.value.len() <= MAX_PROPERTY_VALUE_BYTES;
    let twice = |at: usize| options[..at].iter().any(|earlier| earlier.key == options[at].key);
    let good = options.len() <= MAX_PROPERTIES && options.iter().all(fits) && !(0..options.len()).any(twice);
    good.then_some(()).ok_or(Refusal::BadOptions)
}

fn with_ticket(turn: &Turn, ticket: &str) -> Result<(WorldId, String), Refusal> {
    let seats = turn.state.tickets.get(ticket).ok_or(Refusal::BadTicket)?;
    let world = turn.state.worlds.get(seats.world).ok_or(Refusal::BadTicket)?;
    if !world.takes_events() {
        return Err(Refusal::BadTicket);
    }
    Ok((seats.world, seats.room.clone()))
}

fn new_room(turn: &mut Turn, room_type: &str) -> String {
    random_name::new_room(room_type, turn.random)
}

/// Chooses the world of a new room, and makes one if there is none. A join with options that the
/// type does not have is refused first, so that it makes no world.
fn create(turn: &mut Turn, join: &Join) -> Result<WorldId, Refusal> {
    // The name that was made from a type may be too long.
    let name = RoomName::parse(&join.room).ok_or(Refusal::NoSuchRoom)?;
    let room_type = turn.type_of(name.room_type).ok_or(Refusal::NoSuchRoom)?;
    let admits = |option: &Property| room_type.config.admits(&option.key, &option.value);
    if !join.options.iter().all(admits) {
        return Err(Refusal::BadOptions);
    }
    let (worlds, capacity) = (room_type.worlds, room_type.config.rules.capacity);
    let room_type = room_type.config.name.clone();
    if turn.state.rooms.len() >= turn.state.config.max_rooms {
        return Err(Refusal::TooManyRooms);
    }
    let world = match worlds {
        WorldSharing::Main => shared_world(turn, WorldKind::Main)?,
        WorldSharing::Shared => {
            let room_type = room_type.clone();
            shared_world(turn, WorldKind::Shared { room_type })?
        }
        WorldSharing::Own => {
            check_number_of_worlds(turn)?;
            let kind = WorldKind::Own {
                room_type: room_type.clone(),
                room: (join.mode != JoinMode::Private).then(|| join.room.clone()),
            };
            let thread = turn.state.worlds.threads.idlest();
            turn.create_world(kind, thread)
        }
    };
    let expected = ExpectedRoom {
        room_type,
        capacity,
        private: join.mode == JoinMode::Private,
        options: join.options.clone(),
    };
    turn.state.rooms.expect(&join.room, world, expected);
    Ok(world)
}

/// Returns the shared world on the thread with the fewest players.
fn shared_world(turn: &mut Turn, kind: WorldKind) -> Result<WorldId, Refusal> {
    let thread = turn.state.worlds.threads.emptiest();
    if let Some(world) = turn.state.worlds.shared(&kind, Some(thread)) {
        return Ok(world);
    }
    match check_number_of_worlds(turn) {
        Ok(()) => Ok(turn.create_world(kind, thread)),
        Err(refusal) => turn.state.worlds.shared(&kind, None).ok_or(refusal),
    }
}

fn check_number_of_worlds(turn: &Turn) -> Result<(), Refusal> {
    let free = turn.state.worlds.len() < turn.state.config.max_worlds;
    free.then_some(()).ok_or(Refusal::TooManyRooms)
}
