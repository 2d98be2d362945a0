//! Makes the world of a file go on: checks that this program, with these settings, can run it, and
//! loads it.

use parlour_shared::{ids::Tick, text::shortened_room_name};
use parlour_sim::{LoadError, Logic, Room, Rooms, SIMULATION, SavedState, SimConfig, Simulation};
use serde_json::Value;
use thiserror::Error;

use super::ReplayError;
use crate::{
    HeaderError, VersionError,
    format::{FrozenWorld, hex},
    map_digest,
};

/// Why a saved world cannot go on here.
#[derive(Debug, Error)]
pub enum ThawError {
    /// A different version of the program saved it.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// The game logic of its world is a different one.
    #[error(transparent)]
    Logic(Box<ReplayError>),
    /// The map of a room is a different one.
    #[error(transparent)]
    Map(HeaderError),
    /// A room has a type that does not exist, or does not have its map.
    #[error("the room {room} has the type {room_type:?} and the map {map:?}, which {}", .missing)]
    NoPlace {
        /// The name of the room, which is shortened if the room is private.
        room: String,
        /// The name of its type.
        room_type: String,
        /// The name of its map.
        map: String,
        /// What is missing.
        missing: &'static str,
    },
    /// It cannot be loaded.
    #[error("the world saved after tick {} cannot be loaded: {error}", tick.0)]
    Load {
        /// The tick.
        tick: Tick,
        /// Why.
        error: LoadError,
    },
    /// The file and the world in it contain different ticks.
    #[error("the world saved after tick {} contains tick {}", tick.0, got.0)]
    OtherTick {
        /// The tick in the file.
        tick: Tick,
        /// The tick in the world.
        got: Tick,
    },
}

/// Loads a saved world. `config` has the settings of this program. They may have other rules and
/// limits than those with which the world was saved. [`thawed_config`] returns what the world must
/// keep.
///
/// # Errors
/// [`ThawError`].
///
/// # Panics
/// If the logic panics when it is added, like [`Simulation::with_plugins`].
pub fn thaw(frozen: &FrozenWorld, config: &SimConfig, logic: &Logic) -> Result<Simulation, ThawError> {
    let header = &frozen.header;
    header.check_versions(SIMULATION)?;
    let world = Simulation::load(config.clone(), logic.clone(), &frozen.state)
        .map_err(|error| explained(frozen, config, logic, error))?;
    check_logic(frozen, &world)?;
    let got = world.tick();
    if got != frozen.tick {
        let tick = frozen.tick;
        return Err(ThawError::OtherTick { tick, got });
    }
    for room in world.world().resource::<Rooms>().iter() {
        if let Some(room) = world.world().get::<Room>(room) {
            check_map(frozen, room)?;
        }
    }
    Ok(world)
}

/// Returns the configuration with which a saved world goes on: these settings, with the seed and
/// the epochs that it had.
#[must_use]
pub fn thawed_config(frozen: &FrozenWorld, settings: SimConfig) -> SimConfig {
    SimConfig {
        seed: frozen.header.seed,
        first_epoch: frozen.header.first_epoch,
        ..settings
    }
}

fn check_logic(frozen: &FrozenWorld, world: &Simulation) -> Result<(), ThawError> {
    let ours: Vec<String> = world.part_names().map(String::from).collect();
    let saved = &frozen.header.state;
    if *saved == ours {
        return Ok(());
    }
    Err(ThawError::Logic(Box::new(ReplayError::logic(None, saved, &ours))))
}

fn check_map(frozen: &FrozenWorld, room: &Room) -> Result<(), ThawError> {
    let name = &room.map.name;
    let mut saved = frozen.header.maps.iter();
    let saved = saved.find(|map| map.name == *name);
    let saved = saved.ok_or_else(|| ThawError::Map(HeaderError::NoMap(name.clone())))?;
    let found = hex(&map_digest(&room.map));
    if found == saved.digest {
        return Ok(());
    }
    Err(ThawError::Map(HeaderError::OtherMap {
        name: name.clone(),
        recorded: saved.digest.clone(),
        found,
    }))
}

/// Returns the cause of an error in words that name what is different here.
fn explained(frozen: &FrozenWorld, config: &SimConfig, logic: &Logic, error: LoadError) -> ThawError {
    let fresh = Simulation::with_plugins(config.clone(), logic.clone());
    if let Err(logic) = check_logic(frozen, &fresh) {
        return logic;
    }
    let tick = frozen.tick;
    no_place(frozen, config, &fresh).unwrap_or(ThawError::Load { tick, error })
}

/// Finds a room without a type or map.
fn no_place(frozen: &FrozenWorld, config: &SimConfig, fresh: &Simulation) -> Option<ThawError> {
    let saved = SavedState::parse(&frozen.state).ok()?;
    let parts = saved.entities.iter().flat_map(|entity| &entity.parts);
    let rooms = parts.filter(|part| {
        frozen
            .header
            .state
            .get(usize::from(part.tag))
            .is_some_and(|name| name == "room")
    });
    rooms
        .filter_map(|part| fresh.show_part(part.tag, part.bytes))
        .find_map(|room| {
            let text = |key: &str| room.get(key).and_then(Value::as_str).map(str::to_owned);
            let (room_type, map) = (text("room_type")?, text("map")?);
            let missing = missing(config, &room_type, &map)?;
            let name = text("name")?;
            let is_private = room.get("private").and_then(Value::as_bool).unwrap_or(true);
            Some(ThawError::NoPlace {
                room: match is_private {
                    true => shortened_room_name(&name),
                    false => name,
                },
                room_type,
                map,
                missing,
            })
        })
}

fn missing(config: &SimConfig, room_type: &str, map: &str) -> Option<&'static str> {
    let declared = config.room_types.iter().find(|one| one.name == room_type);
    let has_map = match declared {
        Some(declared) => declared.maps.iter().any(|known| known == map),
        None if config.maps.iter().any(|known| known.name == room_type) => room_type == map,
        None => return Some("no longer exists in this kind of world"),
    };
    (!has_map).then_some("is not a map of that type")
}
