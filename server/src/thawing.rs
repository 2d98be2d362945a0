//! Makes the worlds of an earlier process go on: loads them from their files, and lets the sessions
//! of that process depart.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use parlour_recording::{
    recorder::FirstTick,
    replay::{thaw, thawed_config},
};
use parlour_shared::ids::Tick;
use parlour_shared::text::{count, panic_message, shortened_room_name};
use parlour_sim::{Logic, SimConfig, Simulation};
use parlour_tick::{Event, EventKind, Report, RoomStatus, TickInput, TickOutput, WorldKind};

use crate::{
    desk::{ThawedWorld, ThawedWorlds, WorldSharing},
    epochs::Epochs,
    room_types::RoomTypes,
    world_files::{StateError, UnusableWorld, WorldFile},
};

/// A world that waits to be started.
#[derive(Debug)]
pub(crate) struct WaitingWorld {
    pub(crate) simulation: Simulation,
    pub(crate) config: SimConfig,
    pub(crate) logic: Logic,
    /// The last tick of a saved world, in which the old sessions departed. A new world has none.
    pub(crate) departed: Option<FirstTick>,
}

/// The worlds of all files.
#[derive(Debug, Default)]
pub(crate) struct Thawed {
    /// By name.
    pub(crate) waiting: BTreeMap<String, WaitingWorld>,
    /// What the desk must know of them.
    pub(crate) known: ThawedWorlds,
    /// The epochs that they use.
    pub(crate) epochs: Epochs,
}

/// Loads the worlds of these files, which are sorted by name, for these room types. Logs a line for
/// each. The error contains all worlds that cannot go on. Game logic may create handles of its
/// metrics here.
///
/// The old sessions depart in one tick of each world, before anybody can arrive. It is the first
/// tick of the recording of that world.
///
/// A room may be in two files: it ended, was created again in a different world, and then only one
/// of the two worlds could be saved. It goes on from the file that was saved last.
pub(crate) fn thaw_all(
    files: Vec<Result<WorldFile, UnusableWorld>>,
    types: &RoomTypes,
) -> Result<Thawed, StateError> {
    let mut all = Thawed::default();
    let mut unusable = Vec::new();
    let mut loaded = Vec::new();
    for file in files {
        let thawed = file.and_then(|file| {
            let (world, known) = caught(&file, || thaw_one(&file, types))?;
            Ok((file, world, known))
        });
        match thawed {
            Ok(thawed) => loaded.push(thawed),
            Err(error) => unusable.push(error),
        }
    }
    for (world, known) in keep_newest_rooms(loaded, types, &mut unusable) {
        let (name, tick) = (known.name.clone(), world.simulation.tick().0);
        if known.rooms.is_empty() {
            tracing::info!(world = name, tick, "a saved world has no room any more");
            continue;
        }
        warn_if_given_up(&name, &known.rooms, types);
        all.epochs.note(&known.kind, world.config.first_epoch);
        tracing::info!(
            world = name,
            tick,
            rooms = known.rooms.len(),
            "a saved world goes on"
        );
        all.waiting.insert(name, world);
        all.known.worlds.push(known);
    }
    if !unusable.is_empty() {
        return Err(StateError::Worlds(unusable));
    }
    all.known.first_id = all.epochs.first_id();
    Ok(all)
}

/// Keeps a room that is in several files only in the world that was saved last.
fn keep_newest_rooms(
    loaded: Vec<(WorldFile, WaitingWorld, ThawedWorld)>,
    types: &RoomTypes,
    unusable: &mut Vec<UnusableWorld>,
) -> Vec<(WaitingWorld, ThawedWorld)> {
    let mut newest: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for (file, _, known) in &loaded {
        let saved = (file.frozen.header.started_ms, known.name.clone());
        for room in &known.rooms {
            let place = newest.entry(room.room.clone()).or_insert_with(|| saved.clone());
            if *place < saved {
                place.clone_from(&saved);
            }
        }
    }
    let mut kept = Vec::new();
    for (mut file, world, known) in loaded {
        let is_newest = |room: &RoomStatus| newest.get(&room.room).is_none_or(|(_, at)| *at == known.name);
        let older: Vec<&RoomStatus> = known.rooms.iter().filter(|room| !is_newest(room)).collect();
        if older.is_empty() {
            kept.push((world, known));
            continue;
        }
        for status in &older {
            let room = match status.private {
                true => shortened_room_name(&status.room),
                false => status.room.clone(),
            };
            let newer = newest.get(&status.room).map_or("", |(_, at)| at);
            let world = &known.name;
            tracing::warn!(
                room,
                world,
                newer,
                "a room is in the files of two worlds: it goes on in the one that was saved last"
            );
        }
        let older: Vec<String> = older.into_iter().map(|room| room.room.clone()).collect();
        let simulation = world.simulation;
        let without = caught(&file, || Ok(without_rooms(simulation, &older)));
        let thawed = without.and_then(|(tick, state)| {
            (file.frozen.tick, file.frozen.state) = (tick, state);
            caught(&file, || thaw_one(&file, types))
        });
        match thawed {
            Ok(thawed) => kept.push(thawed),
            Err(error) => unusable.push(error),
        }
    }
    kept
}

/// Returns a world without these rooms, which nobody is in: its tick and its state.
fn without_rooms(mut simulation: Simulation, rooms: &[String]) -> (Tick, Vec<u8>) {
    for room in rooms {
        simulation.remove_room(room);
    }
    // The rest of the world takes note.
    simulation.step(&mut TickInput::default(), &mut TickOutput::default());
    let mut state = Vec::new();
    simulation.save(&mut state);
    (simulation.tick(), state)
}

/// Does something with a world, and turns a panic of its game logic into an error of its file.
fn caught<T>(file: &WorldFile, work: impl FnOnce() -> Result<T, String>) -> Result<T, UnusableWorld> {
    // Unwind safety: nothing of the world is left after a panic.
    let result = catch_unwind(AssertUnwindSafe(work));
    result
        .unwrap_or_else(|panic| Err(format!("its game logic panicked: {}", panic_message(&*panic))))
        .map_err(|why| file.error(why))
}

/// Warns if no room of a saved world has a durable type any more: the next stop will not save it.
fn warn_if_given_up(world: &str, rooms: &[RoomStatus], types: &RoomTypes) {
    let is_durable = |room: &RoomStatus| types.durable().any(|durable| durable == room.room_type);
    if rooms.iter().any(is_durable) {
        return;
    }
    let shown = rooms.iter().map(|room| match room.private {
        true => shortened_room_name(&room.room),
        false => room.room.clone(),
    });
    tracing::warn!(
        world,
        rooms = shown.collect::<Vec<_>>().join(", "),
        "the next stop removes the file of a saved world, because the types of its rooms are not durable any more"
    );
}

fn thaw_one(file: &WorldFile, types: &RoomTypes) -> Result<(WaitingWorld, ThawedWorld), String> {
    let kind = kind_of(file, types, &[])?;
    let config = thawed_config(&file.frozen, types.sim_config(&kind));
    let logic = types.logic(&kind);
    let mut simulation = thaw(&file.frozen, &config, &logic).map_err(|error| error.to_string())?;
    let (departed, rooms) = let_all_depart(&mut simulation, file.frozen.state.clone());
    let known = ThawedWorld {
        name: file.frozen.header.world.clone(),
        kind: kind_of(file, types, &rooms)?,
        rooms,
    };
    let world = WaitingWorld {
        simulation,
        config,
        logic,
        departed: Some(departed),
    };
    Ok((world, known))
}

/// Runs the tick in which all sessions depart. `state` is the world before it. Returns the tick for
/// the recording, and the rooms after it.
fn let_all_depart(simulation: &mut Simulation, state: Vec<u8>) -> (FirstTick, Vec<RoomStatus>) {
    let departing = simulation.sessions().map(|session| Event {
        session,
        kind: EventKind::Depart,
    });
    let mut input = TickInput {
        events: departing.collect(),
        ..TickInput::default()
    };
    input.sort();
    let (recorded, mut output) = (input.clone(), TickOutput::default());
    simulation.step(&mut input, &mut output);
    let departed = FirstTick::new(state, recorded, &output);
    let mut rooms = BTreeMap::new();
    // A loaded world reports all its rooms in its first tick.
    for report in output.reports {
        match report {
            Report::Room(status) => _ = rooms.insert(status.room.clone(), status),
            Report::RoomRemoved { room } => _ = rooms.remove(&room),
            _ => {}
        }
    }
    (departed, rooms.into_values().collect())
}

/// Returns the kind of world that has these rooms now. Before the rooms are known, the room of an
/// own world has no name.
fn kind_of(file: &WorldFile, types: &RoomTypes, rooms: &[RoomStatus]) -> Result<WorldKind, String> {
    let known: BTreeSet<String> = file.frozen.header.type_names().into_iter().collect();
    let only = known.first().filter(|_| known.len() == 1);
    let Some(room_type) = only else {
        return Ok(WorldKind::Main);
    };
    match types.worlds_of(room_type) {
        None => Err(format!("the room type {room_type:?} no longer exists")),
        Some(WorldSharing::Main) => Ok(WorldKind::Main),
        Some(WorldSharing::Shared) => Ok(WorldKind::Shared {
            room_type: room_type.clone(),
        }),
        Some(WorldSharing::Own) => match rooms {
            [] | [_] => Ok(WorldKind::Own {
                room_type: room_type.clone(),
                room: rooms
                    .first()
                    .filter(|room| !room.private)
                    .map(|room| room.room.clone()),
            }),
            _ => Err(format!(
                "it has {}, but each room of the type {room_type:?} has its own world now",
                count(rooms.len(), "room")
            )),
        },
    }
}
