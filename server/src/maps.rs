//! The catalogue of maps: the bundled maps and those of a directory, read from Tiled's TMX files.
//!
//! `maps/precheck` checks a file before the `tiled` crate sees it: every number that the crate would
//! allocate by, index with or recurse on. The result of the crate is then checked as a [`Map`], and
//! the catalogue as a whole: each door must lead to a spawn point that exists (`maps/lost_doors`),
//! and players must be able to walk into doors and away from spawn points (`maps/reach`). Objects
//! that look like doors or spawn points, but are not read as such, cause warnings (`maps/misplaced_objects`).
//!
//! A map must have:
//! - a tile layer `walls` at the top level: every tile in it is a wall;
//! - an object layer `spawns` of named points, one of them `default`;
//! - if it has doors, an object layer `doors` of rectangles of class `door` with the string
//!   properties `to_map` and `to_spawn`.

mod bundled;
mod catalogue;
mod error;
mod lost_doors;
mod misplaced_objects;
mod objects;
mod place;
mod precheck;
mod reach;
mod read;
mod tile_data;
mod xml;

use std::{path::Path, sync::Arc};

use parlour_shared::map::Map;

pub use bundled::Bundled;
pub use error::{Fault, LostDoor, MapError, MapErrors};

/// The maximum size of a map file in bytes.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// The maximum number of tiles along one side of a map.
pub const MAX_SIDE: u32 = 4096;
/// The maximum number of spawn points of a map, and of doors.
pub const MAX_OBJECTS: usize = 256;
/// The maximum number of rectangles for the walls: 32,768 of at most 35 bytes of JSON are 1.1 MiB
/// of the 8 MiB that the server sends in one message.
pub const MAX_WALL_RECTS: usize = 32_768;
/// The maximum length of the name of a map or a spawn point, in bytes. It leaves room for an
/// instance in the name of a room.
pub const MAX_NAME_BYTES: usize = 32;
/// The maximum number of files in a directory of maps.
pub const MAX_FILES: usize = 1000;

/// Usable maps, and their warnings.
#[derive(Debug)]
pub struct Catalogue {
    /// The maps, sorted by name.
    pub maps: Vec<Arc<Map>>,
    /// Warnings: doors that no player can walk to, files and objects that are not read.
    pub warnings: Vec<MapError>,
}

/// Reads all bundled maps, joined by those of a directory, which may replace bundled ones by their
/// name; sorted by name. [`load_and_look`] can omit bundled maps.
///
/// # Errors
/// All mistakes in any of them.
pub fn load(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    Ok(catalogue::load(&Bundled::All, directory)?.maps)
}

/// Reads the chosen bundled maps, joined by those of a directory, which may replace bundled ones by
/// their name. Also returns warnings for people.
///
/// # Errors
/// All mistakes in any of them, or that there is no map at all.
pub fn load_and_look(bundled: &Bundled, directory: Option<&Path>) -> Result<Catalogue, MapErrors> {
    catalogue::load(bundled, directory)
}

/// Reads the maps that a recording may have been made with: all bundled ones, and those of a
/// directory. Two of them may have the same name. The targets of their doors are not checked.
/// [`Header::sim_config`](parlour_recording::Header::sim_config) finds the recorded ones.
///
/// # Errors
/// All mistakes in any of them.
pub fn for_replay(directory: Option<&Path>) -> Result<Vec<Arc<Map>>, MapErrors> {
    catalogue::candidates(directory)
}

/// Reads one map from the text of a TMX file. `name` is the name of the map, `file` the name of the
/// file in errors.
///
/// # Errors
/// The first mistake in it.
pub fn parse(name: &str, file: &str, text: &[u8]) -> Result<Map, MapError> {
    Ok(read::parse(name, file, text)?.map)
}
