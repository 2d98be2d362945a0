//! The catalogue of maps: the bundled maps and those of a directory, read from Tiled's TMX files.
//!
//! A server with its own maps calls [`load`]. A map must have:
//! - a tile layer `walls` at the top level: every tile in it is a wall;
//! - an object layer `spawns` of named points, one of them `default`;
//! - if it has doors, an object layer `doors` of rectangles of class `door` with the string
//!   properties `to_map` and `to_spawn`;
//! - if it places objects, an object layer `objects` of rectangles, points or tiles whose classes
//!   are kinds of objects.
//!
//! A file is checked in steps:
//! 1. `maps/precheck`, before the `tiled` crate sees the file: all numbers by which the crate would
//!    allocate memory, index or recurse.
//! 2. `maps/read`, `maps/objects` and `maps/placed_objects`: the conversion of the crate's result
//!    into a [`Map`].
//! 3. `maps/misplaced_objects`: objects that look like doors or spawn points, but are not read as
//!    such, cause warnings.
//! 4. `maps/lost_doors`, for all maps together: each door must lead to a map or a room type, and to
//!    a spawn point that exists there.
//! 5. `maps/reach`: players must be able to walk into the doors, and away from the spawn points.

mod bundled;
mod catalogue;
mod error;
mod lost_doors;
mod misplaced_objects;
mod objects;
mod place;
mod placed_objects;
mod precheck;
mod reach;
mod read;
mod tile_data;
mod xml;

use std::{path::Path, sync::Arc};

use parlour_shared::map::Map;

pub use bundled::BundledMaps;
pub use error::{Fault, LostDoor, MapError, MapErrors};

/// The maximum size of a map file in bytes.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// The maximum number of XML elements in a map file.
const MAX_ELEMENTS: usize = 100_000;
/// The maximum number of tiles along one side of a map.
pub const MAX_SIDE: u32 = 4096;
/// The maximum number of spawn points of a map, and the maximum number of doors.
pub const MAX_OBJECTS: usize = 256;
/// The maximum number of properties of an object. The largest file of 100,000 elements has room for
/// one property of each of 32,767 objects.
pub const MAX_OBJECT_PROPERTIES: usize = 32;
/// The maximum length of the name, the class, and each property of an object, in bytes: as long as
/// the value of a property of a room.
pub const MAX_OBJECT_TEXT_BYTES: usize = 256;
/// The maximum number of rectangles for the walls. 32,768 rectangles of at most 35 bytes of JSON
/// are 1.1 MiB, and the server sends at most 8 MiB in one message.
pub const MAX_WALL_RECTS: usize = 32_768;
/// The maximum length of the name of a map or a spawn point, in bytes. It is shorter than
/// the limit for the name of a room, which may have a number after the map, as in `plaza/2`.
pub const MAX_NAME_BYTES: usize = 32;
/// The maximum number of files in a directory of maps.
pub const MAX_FILES: usize = 1000;

/// The maps to serve, and warnings about them.
#[derive(Debug)]
pub struct Catalogue {
    /// The maps, sorted by name.
    pub maps: Vec<Arc<Map>>,
    /// Warnings, such as a door that no player can walk to, or a file that is not read.
    pub warnings: Vec<MapError>,
}

/// A room type that is not the type of a map. Doors may lead to it, as to a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorTarget {
    /// The name of the type.
    pub name: String,
    /// The map of its rooms. A door creates a room with the first map of a type with several.
    pub map: String,
}

/// Returns the bundled maps and those of a directory, sorted by name. A map of the directory
/// replaces the bundled map with the same name. [`load_catalogue`] can omit bundled maps, allows
/// doors to further room types, and also returns warnings.
///
/// # Errors
/// The mistakes of all maps.
pub fn load(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    Ok(load_catalogue(&BundledMaps::All, directory, &[])?.maps)
}

/// Returns the chosen bundled maps and those of a directory, with warnings about them. A map of the
/// directory replaces the bundled map with the same name. Doors may lead to these maps, and to the
/// room types in `targets`: see [`crate::RoomType::door_target`] and
/// [`crate::config::Settings::door_targets`].
///
/// # Errors
/// The mistakes of all maps: the first one of each file, every door without a target, and every
/// door or spawn point that cannot be used. It is also an error if there is no map to
/// serve.
pub fn load_catalogue(
    bundled: &BundledMaps,
    directory: Option<&Path>,
    targets: &[DoorTarget],
) -> Result<Catalogue, MapErrors> {
    load_from(&MapSources {
        bundled,
        embedded: &[],
        directory,
        targets,
    })
}

/// Where maps come from. A later source replaces maps of an earlier one with the same name.
pub(crate) struct MapSources<'a> {
    pub(crate) bundled: &'a BundledMaps,
    /// The names and the TMX files of maps in the program.
    pub(crate) embedded: &'a [(&'static str, &'static [u8])],
    pub(crate) directory: Option<&'a Path>,
    /// The room types to which doors may lead, in addition to those of maps.
    pub(crate) targets: &'a [DoorTarget],
}

/// Returns the maps of these sources: [`load_catalogue`].
pub(crate) fn load_from(sources: &MapSources<'_>) -> Result<Catalogue, MapErrors> {
    catalogue::load(sources)
}

/// Returns the maps that a recording may have been made with: [`for_replay`].
#[cfg(feature = "cli")]
pub(crate) fn candidates(
    embedded: &[(&'static str, &'static [u8])],
    directory: Option<&Path>,
) -> Result<Vec<Arc<Map>>, MapErrors> {
    catalogue::candidates(embedded, directory)
}

/// Returns the maps that a recording may have been made with: all bundled maps, and those of a
/// directory. Two of them may have the same name. The targets of their doors are not checked.
/// [`Header::sim_config`](parlour_recording::Header::sim_config) finds the recorded maps among
/// them.
///
/// # Errors
/// The first mistake of each file.
pub fn for_replay(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    catalogue::candidates(&[], directory)
}

/// Returns the map in the text of a TMX file. `name` is the name of the map, and `file` the name of
/// the file in errors.
///
/// # Errors
/// The first mistake in the text.
pub fn parse(name: &str, file: &str, text: &[u8]) -> Result<Map, MapError> {
    Ok(read::parse(name, file, text)?.map)
}
